import { parseRetryAfterMs, type AgentEvent, type BackoffOptions } from "@freshet/core";
import {
  AgentEventParser,
  type AgentEventParserOptions,
  type ReceivedEvent,
} from "../wire/agent-event-parser.ts";
import { checkResponse } from "./check-response.ts";
import { AgentStreamError } from "../wire/error.ts";
import { EventStreamRequest, requestHeaders, type RequestOptions } from "./event-stream-request.ts";
import { defaultRetry, reconnectDelayMs } from "./reconnect-delay.ts";
import { ignoreRejection } from "../wire/ignore-rejection.ts";
import { ReplayFilter } from "./replay-filter.ts";
import { StoppableGenerator } from "../wire/stoppable-generator.ts";
import { waitForNetwork } from "./wait-for-network.ts";

/** What a connection is doing. */
export type ConnectionState = ConnectionChange & {
  /** Where it resumes, or has resumed. */
  lastEventId: string | undefined;
};

type ConnectionChange =
  | { status: "connecting" }
  | {
      status: "open";
      /** How often the connection has been opened before. */
      reconnects: number;
    }
  | {
      status: "waiting";
      /** Why the connection was lost, or could not be made. */
      cause: unknown;
      /** Until the next try, in milliseconds; a browser may shorten it when it comes back online. */
      delayMs: number;
    }
  | { status: "closed" };

/** Options of {@link connectAgentStream}. */
export interface ConnectAgentStreamOptions<E extends { type: string } = AgentEvent>
  extends RequestOptions, Pick<AgentEventParserOptions<E>, "maxEventLength" | "schema"> {
  /** Start after this event, as an earlier connection left off. */
  lastEventId?: string | undefined;
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
export class ReconnectingReader<E extends { type: string }> extends StoppableGenerator<
  ReceivedEvent<E>
> {
  readonly #url: string;
  readonly #options: ConnectAgentStreamOptions<E>;
  readonly #retry: Readonly<BackoffOptions>;
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
    super(options.signal, (stop) => this.#read(stop));
    this.#url = url;
    this.#options = options;
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#lastEventId = options.lastEventId;
    this.#replays = new ReplayFilter(options.lastEventId);
  }

  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  async *#read(stop: AbortSignal): AsyncGenerator<ReceivedEvent<E>, undefined, undefined> {
    try {
      for (;;) {
        const cause: unknown = yield* this.#tryConnection(stop);
        if (cause === finished) return undefined;
        await this.#waitToReconnect(cause, stop);
      }
    } finally {
      this.#tell({ status: "closed" });
    }
  }

  /** Returns {@link finished}, or why it must be tried again; throws what is final. */
  async *#tryConnection(stop: AbortSignal): AsyncGenerator<ReceivedEvent<E>, unknown, undefined> {
    stop.throwIfAborted();
    // Without the last id, so that the events show which of them came with one.
    const parser = new AgentEventParser({
      schema: this.#options.schema,
      maxEventLength: this.#options.maxEventLength,
      onRetry: (retryMs) => (this.#retryMs = retryMs),
    });
    const request = new EventStreamRequest(stop, this.#options.idleTimeoutMs);
    let headers: Headers;
    try {
      headers = await request.within(requestHeaders(this.#options.headers, this.#lastEventId));
    } catch (error) {
      if (!(error instanceof AgentStreamError)) throw error;
      return retryable(error, stop);
    }
    this.#tell({ status: "connecting" });
    try {
      if (!(await this.#open(request, headers))) return finished;
    } catch (error) {
      return retryable(error, stop);
    }
    this.#replays.onConnect();
    try {
      this.#tell({ status: "open", reconnects: this.#opened++ });
    } catch (error) {
      request.return().catch(ignoreRejection);
      throw error;
    }
    try {
      for await (const chunk of request) {
        parser.push(chunk);
        for (let received = parser.read(); received; received = parser.read()) {
          stop.throwIfAborted();
          if (!this.#replays.accept(received)) continue;
          yield this.#note(received);
          if (this.#isOver) return finished;
        }
      }
      return this.#incomplete();
    } catch (error) {
      // A connection that breaks while it is let go of has done its work.
      return this.#isOver ? finished : retryable(error, stop);
    }
  }

  /** Whether there is anything to read: 204 says that there is nothing more. */
  async #open(request: EventStreamRequest, headers: Headers): Promise<boolean> {
    const response = await request.open(this.#url, headers, this.#options);
    const { headers: answer, status } = response;
    this.#retryAfterMs = parseRetryAfterMs(answer.get("retry-after")) ?? 0;
    if (status !== 204) await checkResponse(response, () => request, this.#lastEventId);
    else if (this.#isInTurn) throw this.#incomplete(" with 204", status);
    return status !== 204;
  }

  #note({ event, id = this.#lastEventId }: ReceivedEvent<E>): ReceivedEvent<E> {
    this.#failures = 0;
    this.#lastEventId = id;
    this.#isInTurn = event.type !== "done";
    this.#isOver = !this.#isInTurn && this.#options.until !== "closed";
    return { event, id };
  }

  async #waitToReconnect(cause: unknown, stop: AbortSignal): Promise<void> {
    if (this.#failures >= this.#retry.maxRetries) {
      throw new AgentStreamError(
        "RETRIES_EXHAUSTED",
        `${this.#url} failed ${this.#failures + 1} times in a row: ${String(cause)}`,
        { lastEventId: this.#lastEventId, url: this.#url, cause },
      );
    }
    const least = Math.max(this.#retryMs, this.#retryAfterMs);
    const delayMs = reconnectDelayMs(this.#failures++, this.#retry, least);
    this.#tell({ status: "waiting", cause, delayMs });
    await waitForNetwork(delayMs, stop);
  }

  #tell(change: ConnectionChange): void {
    this.#options.onStateChange?.({ ...change, lastEventId: this.#lastEventId });
  }

  #incomplete(how = "", status?: number): AgentStreamError {
    return new AgentStreamError(
      "INCOMPLETE_STREAM",
      `The stream ended${how} before \`done\` (last event id: ${this.#lastEventId ?? "none"}).`,
      { lastEventId: this.#lastEventId, url: this.#url, status },
    );
  }
}

const finished: unique symbol = Symbol();

function retryable(error: unknown, stop: AbortSignal): unknown {
  stop.throwIfAborted();
  if (isFinal(error)) throw error;
  return error;
}

/** Whether the same request would fail in the same way again. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof AgentStreamError)) return false;
  const { code, status = 0 } = error;
  return code !== "IDLE_TIMEOUT" && status < 500 && ![408, 425, 429].includes(status);
}
