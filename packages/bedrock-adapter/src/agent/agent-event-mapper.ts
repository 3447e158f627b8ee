import { FreshetError, type AgentEvent } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import { converseEventTypes, type ConverseStreamEvent } from "../decode/converse-events.ts";
import type { BedrockChunkFields, InvokeModelEvent } from "../decode/invoke-chunks.ts";
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
import { AgentAnswer, setCount } from "./agent-event-writer.ts";
import { AnthropicReader } from "./anthropic-reader.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { CohereCommandRReader } from "./cohere-command-r-reader.ts";
import { ConverseReader, NovaReader } from "./converse-reader.ts";
import { OpenAiReader } from "./openai-reader.ts";
import {
  ClaudeTextReader,
  CohereCommandReader,
  DeepSeekReader,
  LlamaReader,
  MistralReader,
  TitanReader,
} from "./text-readers.ts";

/** Options of `toAgentEvents`. */
export interface AgentEventOptions {
  /**
   * The model's id: goes into `done`, and tells dialects apart whose chunks look alike (DeepSeek R1
   * from Llama, Jamba from gpt-oss). Without it the wire's own name is used where there is one.
   */
  model?: string | undefined;
  /** Tool names by tool_use_id, for results of calls that an earlier answer made. */
  toolNames?: Readonly<Record<string, string>> | undefined;
  /**
   * What a failure becomes. `throw` (the default): the error itself, after every event that came
   * before it. `event`: an `error` event, and then the `done` that ends every turn. An abort always
   * rejects with the signal's own reason.
   */
  errors?: "throw" | "event" | undefined;
  /**
   * Hears each of Bedrock's events before it becomes agent events: a `ConverseMessageBuilder`, for
   * example. Cheaper than a generator in between, which would take the short way from the bytes away.
   */
  onInput?: ((event: AgentEventInput) => void) | undefined;
}

/** What agent events are made of: Converse events, Invoke events, or the chunks inside them. */
export type AgentEventInput = ConverseStreamEvent | InvokeModelEvent | object;

/** A family's reader, for chunks that have its shape; others, such as bare metrics, are passed over. */
interface Dialect {
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

const converseTypes: ReadonlySet<unknown> = new Set([...converseEventTypes, "unknown"]);

/** Events and chunks in, agent events out; synchronous. `toAgentEvents` is a few lines around it. */
export class AgentEventMapper {
  readonly #answer: AgentAnswer;
  readonly #converse = new ConverseReader();
  readonly #model: string | undefined;
  readonly #errorsAsEvents: boolean;
  readonly #onInput: AgentEventOptions["onInput"];
  #dialect: Dialect | undefined;

  constructor(options: AgentEventOptions = {}) {
    this.#answer = new AgentAnswer(options.model ?? "", Object.entries(options.toolNames ?? {}));
    this.#model = options.model;
    this.#errorsAsEvents = options.errors === "event";
    this.#onInput = options.onInput;
  }

  push(event: AgentEventInput): void {
    this.#onInput?.(event);
    try {
      const type = "type" in event ? event.type : undefined;
      if (converseTypes.has(type)) {
        this.#converse.read(event as ConverseStreamEvent, this.#answer);
      } else {
        this.#pushChunk(type === "chunk" && "chunk" in event ? event.chunk : event);
      }
    } catch (cause) {
      if (cause instanceof BedrockError) throw cause;
      // Types are promises that the wire can break: a list with null in it, a delta that is missing.
      throw new BedrockError(
        "INVALID_PAYLOAD",
        `An event of the answer is not what its model sends: ${String(cause)}`,
        { cause },
      );
    }
  }

  read(): AgentEvent | undefined {
    return this.#answer.read();
  }

  /** The source is over. Throws INCOMPLETE_STREAM if the answer never said that it is complete. */
  end(): void {
    this.#flush();
    if (!this.#answer.complete) {
      throw new BedrockError(
        "INCOMPLETE_STREAM",
        "The events ended before the answer did: there was no stop event. What arrived is not the whole answer.",
      );
    }
    this.#answer.done();
  }

  /**
   * The source failed: what was held back comes out.
   * @returns whether the error became an event, as the options may ask for
   */
  fail(error: unknown): boolean {
    this.#flush();
    if (!this.#errorsAsEvents || !(error instanceof FreshetError)) return false;
    this.#answer.error(
      error instanceof BedrockError
        ? error
        : new BedrockError("INVALID_FRAME", error.message, { cause: error }),
    );
    this.#answer.done();
    return true;
  }

  #flush(): void {
    this.#converse.end(this.#answer);
    this.#dialect?.reader.end?.(this.#answer);
  }

  #pushChunk(chunk: unknown): void {
    if (typeof chunk !== "object" || chunk === null) throw unknownFamily(chunk);
    this.#dialect ??= this.#dialectOf(chunk);
    if (this.#dialect?.isChunk(chunk)) this.#dialect.reader.read(chunk as never, this.#answer);
    this.#readBedrockFields(chunk);
  }

  #dialectOf(chunk: object): Dialect | undefined {
    const seen = detectFamily(chunk);
    const named = detectFamily(this.#model ?? "");
    // The chunk is what there is to read; the id only decides between dialects that look alike.
    const sameShape =
      (seen === "llama" && named === "deepseek") || (seen === "openai" && named === "jamba");
    const family = sameShape ? named : seen;
    if (family) return dialects[family]();
    if (Object.keys(chunk).some((key) => !key.startsWith("amazon-bedrock-"))) {
      throw unknownFamily(chunk);
    }
    return undefined;
  }

  #readBedrockFields(chunk: BedrockChunkFields): void {
    const answer = this.#answer;
    const {
      "amazon-bedrock-guardrailAction": action,
      "amazon-bedrock-trace": trace,
      "amazon-bedrock-invocationMetrics": metrics,
    } = chunk;
    if (action !== undefined) answer.addMetadata({ "amazon-bedrock-guardrailAction": action });
    if (trace !== undefined) answer.addMetadata({ "amazon-bedrock-trace": trace });
    if (!metrics) return;
    answer.addMetadata({ "amazon-bedrock-invocationMetrics": metrics });
    answer.complete = true;
    answer.latencyMs = metrics.invocationLatency ?? answer.latencyMs;
    // The family's own counts win: Bedrock's leave reasoning out for some models.
    if (answer.usage.input_tokens === undefined) {
      setCount(answer.usage, "input_tokens", metrics.inputTokenCount);
      setCount(answer.usage, "cache_read_input_tokens", metrics.cacheReadInputTokenCount);
      setCount(answer.usage, "cache_write_input_tokens", metrics.cacheWriteInputTokenCount);
    }
    if (answer.usage.output_tokens === undefined) {
      setCount(answer.usage, "output_tokens", metrics.outputTokenCount);
    }
  }
}

function unknownFamily(chunk: unknown): BedrockError {
  const seen =
    typeof chunk === "object" && chunk !== null
      ? `an object with ${Object.keys(chunk).slice(0, 8).join(", ") || "no fields"}`
      : typeof chunk;
  return new BedrockError(
    "INVALID_PAYLOAD",
    `No agent events can be made of this chunk: it is ${seen}, which no known model family sends. ` +
      "Read the chunks themselves with decodeInvokeModelStream.",
  );
}
