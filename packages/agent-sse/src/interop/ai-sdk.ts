/**
 * Agent events as the UI message stream of the AI SDK, for `useChat` of `@ai-sdk/react` and other readers
 * of that protocol. Tested with versions 5, 6 and 7 of `ai`.
 *
 * @module
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
import { aBoolean, aFunction, anObject, checkOptions, type AgentEvent } from "@freshet/core";
import type { UIMessageChunk } from "./ui-message-chunk.ts";
import {
  logError,
  reportTo,
  SourceFailures,
  type AgentFrameWriterOptions,
  type AgentStreamItem,
} from "../server/agent-frame-writer.ts";
import { eventStreamResponse, type AgentStreamSource } from "../server/agent-stream-response.ts";
import { uncachedHeaders } from "../server/response-headers.ts";
import { AgentStreamWriter } from "../server/agent-stream-writer.ts";
import { invalidOption } from "../wire/error.ts";
import { text } from "../wire/option-rules.ts";
import { stringifyJson } from "../wire/encode-json.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";
import {
  frameStreamRules,
  type FrameStreamOptions,
  type FrameWriter,
} from "../server/frame-stream.ts";
import { UiMessageChunker, type UiMessageOptions } from "./ui-message-chunks.ts";

export { fromUiMessageStream } from "./from-ui-message-stream.ts";
export type { AnyUiMessageChunk } from "./from-ui-message-stream.ts";
export type { UIMessageChunk } from "./ui-message-chunk.ts";
export type { UiMessageOptions } from "./ui-message-chunks.ts";

/** Options of {@link uiMessageResponse}. */
export interface UiMessageResponseOptions
  extends
    FrameStreamOptions,
    UiMessageOptions,
    Pick<AgentFrameWriterOptions, "onError" | "resumable"> {
  /** More headers for the response. */
  headers?: ResponseInit["headers"] | undefined;
}

/**
 * Turns the events of one turn into UI message chunks. A turn that ends without `done` ends with an `error`
 * chunk.
 *
 * @example
 * ```ts
 * import { agentEvent } from "@freshet/agent-sse";
 * import { toUiMessageChunks } from "@freshet/agent-sse/ai-sdk";
 *
 * for await (const chunk of toUiMessageChunks([agentEvent.token("Hi"), agentEvent.done()])) {
 *   console.log(chunk.type); // start, start-step, text-start, text-delta, text-end, finish-step, finish
 * }
 * ```
 */
export function toUiMessageChunks(
  events: AsyncIterable<AgentEvent | WireEvent> | Iterable<AgentEvent | WireEvent>,
  options: UiMessageOptions = {},
): AsyncGenerator<UIMessageChunk, undefined, undefined> {
  checkOptions(options, rules, invalidOption);
  return generateChunks(events, new UiMessageChunker(options));
}

const rules = { messageId: text, messageMetadata: aFunction };
const responseRules = {
  ...rules,
  ...frameStreamRules,
  headers: anObject,
  onError: aFunction,
  resumable: aBoolean,
};

async function* generateChunks(
  events: AsyncIterable<AgentEvent | WireEvent> | Iterable<AgentEvent | WireEvent>,
  chunker: UiMessageChunker,
): AsyncGenerator<UIMessageChunk, undefined, undefined> {
  for await (const event of events) yield* chunker.push(event);
  yield* chunker.end();
}

/**
 * Creates a response to `useChat` from an agent's events. It ends with the turn, even if its source goes on.
 *
 * For its `resume: true`, respond to `GET {api}/{chatId}/stream` in the same way, with all events of the
 * running turn from its first (`MemoryEventStore.current`): the AI SDK has no positions. If no turn is running,
 * the source is `undefined`, and the response a 204.
 *
 * @example
 * ```ts
 * import { agentEvent } from "@freshet/agent-sse";
 * import { uiMessageResponse } from "@freshet/agent-sse/ai-sdk";
 *
 * async function* run() {
 *   yield agentEvent.token("Hello");
 *   yield agentEvent.done();
 * }
 * const server = { fetch: (request: Request) => uiMessageResponse(run(), { signal: request.signal }) };
 * ```
 */
export function uiMessageResponse(
  source: AgentStreamSource | undefined,
  options: UiMessageResponseOptions = {},
): Response {
  checkOptions(options, responseRules, invalidOption);
  if (!source)
    return new Response(null, { status: 204, headers: uncachedHeaders(options.headers) });
  const headers = new Headers(options.headers);
  headers.set("x-vercel-ai-ui-message-stream", "v1");
  const events = typeof source === "function" ? AgentStreamWriter.run(source) : source;
  return eventStreamResponse(events, new UiFrameWriter(options), { ...options, headers });
}

class UiFrameWriter implements FrameWriter<AgentStreamItem> {
  readonly opening: string = ":\n\n";
  /** For `useChat` the end of a body is the end of a message. */
  readonly cut = "error";
  readonly #chunker: UiMessageChunker;
  readonly #onError: NonNullable<AgentFrameWriterOptions["onError"]>;
  readonly #failures: SourceFailures;
  #failed = false;

  constructor({ onError = logError, resumable, ...options }: UiMessageResponseOptions) {
    this.#chunker = new UiMessageChunker(options);
    this.#onError = onError;
    this.#failures = new SourceFailures(onError, resumable);
  }

  /** A reader of this protocol waits for the end of the body, not for `finish`. */
  get isComplete(): boolean {
    return this.#chunker.isFinished;
  }

  write(item: AgentStreamItem): string {
    return frames(this.#chunker.push(this.#failures.note(item).event));
  }

  fail(error: unknown): string | undefined {
    this.#failed = true;
    return this.#failures.report(error, ({ message }) =>
      frames([{ type: "error", errorText: message }]),
    );
  }

  close(): string {
    return `${this.#failed ? "" : frames(this.#chunker.end())}data: [DONE]\n\n`;
  }

  report(error: unknown): void {
    reportTo(this.#onError, error);
  }
}

function frames(chunks: readonly UIMessageChunk[]): string {
  return chunks.map((chunk) => `data: ${stringifyJson(chunk)}\n\n`).join("");
}
