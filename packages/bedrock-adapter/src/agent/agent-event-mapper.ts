import { FreshetError, type AgentEvent } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import type { ConverseStreamEvent } from "../decode/converse-events.ts";
import { isObject } from "../decode/families.ts";
import type { BedrockChunkFields } from "../decode/invoke-chunks.ts";
import type { AgentEventInput, AgentEventOptions } from "./agent-event-options.ts";
import { AgentEventWriter } from "./agent-event-writer.ts";
import { ConverseReader } from "./converse-reader.ts";
import { dialectOf, unknownFamily, type Dialect } from "./dialect.ts";
import { setCount } from "./token-usage.ts";

/** Turns events and chunks into agent events, synchronously. `toAgentEvents` is a few lines around it. */
export class AgentEventMapper {
  readonly #out: AgentEventWriter;
  readonly #converse = new ConverseReader();
  readonly #model: string;
  readonly #errorsAsEvents: boolean;
  readonly #onInput: AgentEventOptions["onInput"];
  #dialect: Dialect | undefined;

  constructor({ model = "", toolNames = {}, errors, onInput }: AgentEventOptions = {}) {
    this.#out = new AgentEventWriter(model, Object.entries(toolNames));
    this.#model = model;
    this.#errorsAsEvents = errors === "event";
    this.#onInput = onInput;
  }

  push(event: AgentEventInput): void {
    this.#onInput?.(event);
    try {
      if (this.#converse.read(event as ConverseStreamEvent, this.#out)) return;
      const { type, chunk = event } = event as { type?: unknown; chunk?: unknown };
      this.#pushChunk(type === "chunk" ? chunk : event);
    } catch (cause) {
      if (cause instanceof BedrockError) throw cause;
      // The wire can break its types: a list with null in it, a delta that is missing.
      throw new BedrockError(
        "INVALID_PAYLOAD",
        `An event of the response does not have its model's format: ${String(cause)}`,
        { cause },
      );
    }
  }

  read(): AgentEvent | undefined {
    return this.#out.read();
  }

  /** Ends the input. Throws INCOMPLETE_STREAM if no event stated that the response is complete. */
  end(): void {
    this.#flush();
    if (!this.#out.complete) {
      throw new BedrockError(
        "INCOMPLETE_STREAM",
        "The events ended without a stop event: the response is incomplete.",
      );
    }
    this.#out.done();
  }

  /**
   * Ends the input with a failure, and releases the text that was held back.
   * @returns whether the error became an event, as the option `errors` may request
   */
  fail(error: unknown): boolean {
    this.#flush();
    if (!this.#errorsAsEvents || !(error instanceof FreshetError)) return false;
    this.#out.error(
      error instanceof BedrockError
        ? error
        : new BedrockError("INVALID_FRAME", error.message, { cause: error }),
    );
    this.#out.done();
    return true;
  }

  #flush(): void {
    this.#converse.end(this.#out);
    this.#dialect?.reader.end?.(this.#out);
  }

  #pushChunk(chunk: unknown): void {
    if (!isObject(chunk)) throw unknownFamily(chunk);
    this.#dialect ??= dialectOf(chunk, this.#model);
    if (this.#dialect?.hasShape(chunk)) this.#dialect.reader.read(chunk as never, this.#out);
    this.#readBedrockFields(chunk);
  }

  #readBedrockFields(chunk: BedrockChunkFields): void {
    const out = this.#out;
    const {
      "amazon-bedrock-guardrailAction": action,
      "amazon-bedrock-trace": trace,
      "amazon-bedrock-invocationMetrics": metrics,
    } = chunk;
    if (action !== undefined) out.addMetadata({ "amazon-bedrock-guardrailAction": action });
    if (trace !== undefined) out.addMetadata({ "amazon-bedrock-trace": trace });
    if (!metrics) return;
    out.addMetadata({ "amazon-bedrock-invocationMetrics": metrics });
    out.complete = true;
    out.latencyMs = metrics.invocationLatency ?? out.latencyMs;
    // The family's own counts win: Bedrock's leave out reasoning for some models.
    if (out.usage.input_tokens === undefined) {
      setCount(out.usage, "input_tokens", metrics.inputTokenCount);
      setCount(out.usage, "cache_read_input_tokens", metrics.cacheReadInputTokenCount);
      setCount(out.usage, "cache_write_input_tokens", metrics.cacheWriteInputTokenCount);
    }
    if (out.usage.output_tokens === undefined) {
      setCount(out.usage, "output_tokens", metrics.outputTokenCount);
    }
  }
}
