/**
 * The families of models with the same chunks in InvokeModelWithResponseStream. The chunks of `llama`
 * and `deepseek` look alike, as do those of `openai` (gpt-oss and others with its format) and `jamba`:
 * only the model id distinguishes them.
 */
export type ModelFamily =
  | "anthropic"
  | "claude-text"
  | "nova"
  | "titan"
  | "llama"
  | "deepseek"
  | "mistral"
  | "cohere-command"
  | "cohere-command-r"
  | "jamba"
  | "openai";

/** The first match wins. The id may be that of a profile (`us.…`), or part of an ARN. */
const idPatterns: readonly (readonly [RegExp, ModelFamily])[] = [
  [/anthropic\.claude-(v1|v2|instant)/, "claude-text"],
  [/anthropic\./, "anthropic"],
  [/amazon\.nova/, "nova"],
  [/amazon\.titan-(text|tg1)/, "titan"],
  [/meta\.llama/, "llama"],
  [/deepseek\.r1/, "deepseek"],
  [/mistral\.(mistral-7b|mixtral-8x7b|mistral-large-2402|mistral-small-2402)/, "mistral"],
  [/cohere\.command-r/, "cohere-command-r"],
  [/cohere\.command/, "cohere-command"],
  [/ai21\.jamba/, "jamba"],
  [/openai\./, "openai"],
];

export function familyOfModel(id: string): ModelFamily | undefined {
  return idPatterns.find(([pattern]) => pattern.test(id))?.[1];
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether an object has the shape of a family's chunks. */
export type HasShape = (chunk: Fields) => boolean;

const anthropicTypes: ReadonlySet<unknown> = new Set([
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "ping",
  "error",
]);

const isLlama: HasShape = ({ generation }) => typeof generation === "string";
const isOpenAi: HasShape = ({ choices }) => Array.isArray(choices);
const isNova: HasShape = ({
  contentBlockDelta,
  contentBlockStart,
  contentBlockStop,
  messageStart,
  messageStop,
  metadata,
}) =>
  isObject(
    contentBlockDelta ??
      contentBlockStart ??
      contentBlockStop ??
      messageStart ??
      messageStop ??
      metadata,
  );
const isCohereCommand: HasShape = ({ is_finished, generations, event_type }) =>
  event_type === undefined && (typeof is_finished === "boolean" || Array.isArray(generations));

/** The shapes of all families, in the order in which they are tried. */
export const chunkShapes: Readonly<Record<ModelFamily, HasShape>> = {
  anthropic: ({ type }) => anthropicTypes.has(type),
  openai: isOpenAi,
  llama: isLlama,
  nova: isNova,
  mistral: ({ outputs }) => Array.isArray(outputs),
  "claude-text": ({ completion }) => typeof completion === "string",
  titan: ({ outputText }) => typeof outputText === "string",
  "cohere-command-r": ({ event_type }) => typeof event_type === "string",
  "cohere-command": isCohereCommand,
  // Never detected: they look like others above.
  deepseek: isLlama,
  jamba: isOpenAi,
};

/** The family of a chunk by its shape; `llama` and `openai` where another family has the same. */
export function familyOfChunk(chunk: unknown): ModelFamily | undefined {
  if (!isObject(chunk)) return undefined;
  const families = Object.keys(chunkShapes) as ModelFamily[];
  return families.find((family) => chunkShapes[family](chunk));
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
