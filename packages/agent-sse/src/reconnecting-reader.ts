import {
  iterateBytes,
  parseRetryAfterMs,
  type AgentEvent,
  type BackoffOptions,
} from "@freshet/core";
import {
  AgentEventParser,
  type AgentEventParserOptions,
  type ReceivedEvent,
} from "./agent-event-parser.ts";
import { eventStreamBody } from "./check-response.ts";
import { AgentStreamError, idleTimeoutError } from "./error.ts";
import { defaultRetry, reconnectDelayMs } from "./reconnect-delay.ts";
import { ReplayFilter } from "./replay-filter.ts";
import { requestHeaders, requestStream } from "./request-stream.ts";
import { waitForNetwork } from "./wait-for-network.ts";

/** What a connection is doing. `lastEventId` is where it resumes, or has resumed. */
export type ConnectionState =
  | { status: "connecting"; lastEventId: string | undefined }
  | {
      status: "open";
      lastEventId: string | undefined;
      /** How often the connection has been opened before. */
      reconnects: number;
    }
  | {
      status: "waiting";
      lastEventId: string | undefined;
      /** Why the connection was lost, or could not be made. */
      cause: unknown;
      /** Until the next try, in milliseconds; a browser may shorten it when it comes back online. */
      delayMs: number;
    }
  | { status: "closed"; lastEventId: string | undefined };

/** Options of {@link connectAgentStream}. */
export interface ConnectAgentStreamOptions<E extends { type: string } = AgentEvent> extends Pick<
  AgentEventParserOptions<E>,
  "maxEventLength" | "schema"
> {
  /** Start after this event, as an earlier connection left off. */
  lastEventId?: string | undefined;
  /** Sent with every request; a function is asked again for each, so that a token can be renewed. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  /** Whether cookies are sent to other origins; as in `fetch`. */
  credentials?: RequestCredentials | undefined;
  /** Default: the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** Ends everything at once; the loop rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  /**
   * When to try again. Each event that arrives starts the count anew. Defaults: initialDelayMs 500,
   * maxDelayMs 30,000, multiplier 2, jitter 0.5, maxRetries Infinity.
   */
  retry?: Partial<BackoffOptions> | undefined;
  /** A connection that is silent for so long is given up; comments count. Default 45,000. */
  idleTimeoutMs?: number | undefined;
  /**
   * - `"done"` (default): ends after the first `done` event.
   * - `"closed"`: goes on over many turns, until the server answers 204.
   */
  until?: "done" | "closed" | undefined;
  /** Told whenever the state of the connection changes. What it throws, the loop throws. */
  onStateChange?: ((state: ConnectionState) => void) | undefined;
}

/** Reads one URL over as many connections as it takes. */
export class ReconnectingReader<E extends { type: string }> {
  readonly #url: string;
  readonly #options: ConnectAgentStreamOptions<E>;
  readonly #retry: Readonly<BackoffOptions>;
  readonly #idleTimeoutMs: number;
  readonly #replays: ReplayFilter;
  #lastEventId: string | undefined;
  /** Connections that were made. */
  #opened = 0;
  /** Tries since the last event. */
  #failures = 0;
  /** What the server asked for with `retry:`, and with the `Retry-After` of its last answer. */
  #retryMs = 0;
  #retryAfterMs = 0;
  /** An answer has begun and its `done` has not come. */
  #isInTurn = false;
  /** Everything that was asked for has come. */
  #isOver = false;

  constructor(url: string, options: ConnectAgentStreamOptions<E>) {
    this.#url = url;
    this.#options = options;
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 45_000;
    this.#lastEventId = options.lastEventId;
    this.#replays = new ReplayFilter(options.lastEventId);
  }

  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  async *read(stop: AbortSignal): AsyncGenerator<ReceivedEvent<E>, undefined, undefined> {
    try {
      for (;;) {
        const cause: unknown = yield* this.#tryConnection(stop);
        if (cause === finished) return undefined;
        await this.#waitToReconnect(cause, stop);
      }
    } finally {
      this.#options.onStateChange?.({ status: "closed", lastEventId: this.#lastEventId });
    }
  }

  /** Returns {@link finished}, or why it must be tried again; throws what is final. */
  async *#tryConnection(stop: AbortSignal): AsyncGenerator<ReceivedEvent<E>, unknown, undefined> {
    const lastEventId = this.#lastEventId;
    const headers = await requestHeaders(this.#options.headers, lastEventId);
    this.#options.onStateChange?.({ status: "connecting", lastEventId });
    let body: AsyncIterable<Uint8Array> | undefined;
    try {
      body = await this.#open(headers, stop);
    } catch (error) {
      return retryable(error, stop);
    }
    if (!body) return finished;
    this.#options.onStateChange?.({ status: "open", lastEventId, reconnects: this.#opened++ });
    try {
      return yield* this.#readBody(body, stop);
    } catch (error) {
      // A connection that breaks while it is let go of has done its work.
      return this.#isOver ? finished : retryable(error, stop);
    }
  }

  /** The body of the answer; `undefined` when the server says that there is nothing more. */
  async #open(headers: Headers, stop: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const lastEventId = this.#lastEventId;
    const { fetch, credentials } = this.#options;
    const response = await requestStream(this.#url, {
      ...{ headers, fetch, credentials, signal: stop },
      timeoutMs: this.#idleTimeoutMs,
      timeoutError: () => idleTimeoutError(this.#idleTimeoutMs, lastEventId),
    });
    this.#retryAfterMs = parseRetryAfterMs(response.headers.get("retry-after")) ?? 0;
    if (response.status === 204) {
      if (this.#isInTurn) throw this.#incomplete("The server answered 204", response.status);
      return undefined;
    }
    const body = await eventStreamBody(response, { lastEventId, signal: stop });
    const idleTimeoutMs = this.#idleTimeoutMs;
    const idleError = () => idleTimeoutError(idleTimeoutMs, this.#lastEventId);
    return iterateBytes(body, { signal: stop, idleTimeoutMs, idleError });
  }

  async *#readBody(
    body: AsyncIterable<Uint8Array>,
    stop: AbortSignal,
  ): AsyncGenerator<ReceivedEvent<E>, unknown, undefined> {
    this.#replays.onConnect();
    // Without the last id, so that the events show which of them came with one.
    const parser = new AgentEventParser({
      schema: this.#options.schema,
      maxEventLength: this.#options.maxEventLength,
      onRetry: (retryMs) => (this.#retryMs = retryMs),
    });
    for await (const chunk of body) {
      parser.push(chunk);
      for (let received = parser.read(); received; received = parser.read()) {
        stop.throwIfAborted();
        if (!this.#replays.accept(received)) continue;
        yield this.#note(received);
        if (this.#isOver) return finished;
      }
    }
    return this.#incomplete("The server ended the stream");
  }

  #note({ event, id = this.#lastEventId }: ReceivedEvent<E>): ReceivedEvent<E> {
    this.#failures = 0;
    this.#lastEventId = id;
    this.#isInTurn = event.type !== "done";
    this.#isOver = !this.#isInTurn && this.#options.until !== "closed";
    return { event, id };
  }

  async #waitToReconnect(cause: unknown, stop: AbortSignal): Promise<void> {
    const lastEventId = this.#lastEventId;
    if (this.#failures >= this.#retry.maxRetries) {
      throw new AgentStreamError(
        "RETRIES_EXHAUSTED",
        `${this.#url} could not be read in ${this.#failures + 1} tries; the last failed with: ${String(cause)}`,
        { lastEventId, url: this.#url, cause },
      );
    }
    const serverDelayMs = Math.max(this.#retryMs, this.#retryAfterMs);
    const delayMs = reconnectDelayMs(this.#failures++, this.#retry, serverDelayMs);
    this.#options.onStateChange?.({ status: "waiting", lastEventId, cause, delayMs });
    await waitForNetwork(delayMs, stop);
  }

  #incomplete(what: string, status?: number): AgentStreamError {
    return new AgentStreamError(
      "INCOMPLETE_STREAM",
      `${what} before \`done\` (last event id ${JSON.stringify(this.#lastEventId ?? null)}).`,
      { lastEventId: this.#lastEventId, url: this.#url, status },
    );
  }
}

const finished: unique symbol = Symbol("finished");

const finalCodes: ReadonlySet<string> = new Set([
  "INVALID_EVENT",
  "EVENT_TOO_LARGE",
  "UNEXPECTED_CONTENT_TYPE",
]);

function retryable(error: unknown, stop: AbortSignal): unknown {
  stop.throwIfAborted();
  if (isFinal(error)) throw error;
  return error;
}

/** Whether the same request would fail in the same way again. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof AgentStreamError)) return false;
  const { code, status = 0 } = error;
  if (code === "UNEXPECTED_STATUS") return status < 500 && ![408, 425, 429].includes(status);
  return finalCodes.has(code) || (code === "INCOMPLETE_STREAM" && status === 204);
}
