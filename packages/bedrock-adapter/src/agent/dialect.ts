import { BedrockError } from "../bedrock-error.ts";
import {
  detectFamily,
  isAnthropicChunk,
  isClaudeTextChunk,
  isCohereCommandChunk,
  isCohereCommandRChunk,
  isLlamaChunk,
  isMistralChunk,
  isNovaChunk,
  isOpenAiChunk,
  isTitanChunk,
  type ModelFamily,
} from "../decode/model-family.ts";
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
  isChunk: (chunk: unknown) => boolean;
  reader: ChunkReader<never>;
}

const dialects: Readonly<Record<ModelFamily, () => Dialect>> = {
  anthropic: () => ({ isChunk: isAnthropicChunk, reader: new AnthropicReader() }),
  "claude-text": () => ({ isChunk: isClaudeTextChunk, reader: new ClaudeTextReader() }),
  nova: () => ({ isChunk: isNovaChunk, reader: new NovaReader() }),
  titan: () => ({ isChunk: isTitanChunk, reader: new TitanReader() }),
  llama: () => ({ isChunk: isLlamaChunk, reader: new LlamaReader() }),
  deepseek: () => ({ isChunk: isLlamaChunk, reader: new DeepSeekReader() }),
  mistral: () => ({ isChunk: isMistralChunk, reader: new MistralReader() }),
  "cohere-command": () => ({ isChunk: isCohereCommandChunk, reader: new CohereCommandReader() }),
  "cohere-command-r": () => ({
    isChunk: isCohereCommandRChunk,
    reader: new CohereCommandRReader(),
  }),
  jamba: () => ({ isChunk: isOpenAiChunk, reader: new OpenAiReader(false) }),
  openai: () => ({ isChunk: isOpenAiChunk, reader: new OpenAiReader(true) }),
};

/**
 * The dialect of a response, from its first chunk and the model's id.
 *
 * @returns `undefined` if the chunk has only Bedrock's own fields: a later chunk decides
 * @throws BedrockError INVALID_PAYLOAD for a chunk of no known family
 */
export function dialectOf(chunk: object, model: string): Dialect | undefined {
  const seen = detectFamily(chunk);
  const named = detectFamily(model);
  // The chunk's shape decides; the id only chooses between dialects that have the same.
  const sameShape =
    (seen === "llama" && named === "deepseek") || (seen === "openai" && named === "jamba");
  const family = sameShape ? named : seen;
  if (family) return dialects[family]();
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
