import { BedrockError } from "../bedrock-error.ts";
import {
  chunkShapes,
  familyOfChunk,
  familyOfModel,
  type HasShape,
  type ModelFamily,
} from "../decode/families.ts";
import { AnthropicReader } from "./anthropic-reader.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { CohereCommandRReader } from "./cohere-command-r-reader.ts";
import { NovaReader } from "./converse-reader.ts";
import { OpenAiReader } from "./openai-reader.ts";
import {
  ClaudeTextReader,
  CohereCommandReader,
  DeepSeekReader,
  LlamaReader,
  MistralReader,
  TitanReader,
} from "./text-readers.ts";

/** A family's reader for chunks of its shape; others, such as metrics alone, are skipped. */
export interface Dialect {
  hasShape: HasShape;
  reader: ChunkReader<never>;
}

const readers: Readonly<Record<ModelFamily, () => ChunkReader<never>>> = {
  anthropic: () => new AnthropicReader(),
  "claude-text": () => new ClaudeTextReader(),
  nova: () => new NovaReader(),
  titan: () => new TitanReader(),
  llama: () => new LlamaReader(),
  deepseek: () => new DeepSeekReader(),
  mistral: () => new MistralReader(),
  "cohere-command": () => new CohereCommandReader(),
  "cohere-command-r": () => new CohereCommandRReader(),
  jamba: () => new OpenAiReader(false),
  openai: () => new OpenAiReader(true),
};

/**
 * The dialect of a response, from its first chunk and the model's id.
 *
 * @returns `undefined` if the chunk has only Bedrock's own fields: a later chunk decides
 * @throws BedrockError INVALID_PAYLOAD for a chunk of no known family
 */
export function dialectOf(chunk: object, model: string): Dialect | undefined {
  const seen = familyOfChunk(chunk);
  const named = familyOfModel(model);
  // The chunk's shape decides; the id only chooses between dialects that have the same.
  const sameShape =
    (seen === "llama" && named === "deepseek") || (seen === "openai" && named === "jamba");
  const family = sameShape ? named : seen;
  if (family) return { hasShape: chunkShapes[family], reader: readers[family]() };
  if (Object.keys(chunk).some((key) => !key.startsWith("amazon-bedrock-"))) {
    throw unknownFamily(chunk);
  }
  return undefined;
}

export function unknownFamily(chunk: unknown): BedrockError {
  const seen =
    typeof chunk === "object" && chunk !== null
      ? `an object with ${Object.keys(chunk).slice(0, 8).join(", ") || "no fields"}`
      : typeof chunk;
  return new BedrockError(
    "INVALID_PAYLOAD",
    `Cannot turn this chunk into agent events: it is ${seen}, which no known model family sends. ` +
      "Read the chunks themselves with decodeInvokeModelStream.",
  );
}
