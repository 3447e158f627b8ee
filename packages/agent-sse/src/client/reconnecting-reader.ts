import { retryDelayMs, type BackoffOptions } from "@freshet/core";
import { AgentEventParser, type ReceivedEvent } from "../wire/agent-event-parser.ts";
import { AgentStreamError } from "../wire/error.ts";
import { isEventStream, responseError } from "./check-response.ts";
import {
  checkConnectOptions,
  type ConnectAgentStreamOptions,
  type ConnectionChange,
} from "./connect-options.ts";
import { EventStreamRequest, requestHeaders } from "./event-stream-request.ts";
import { ReplayFilter } from "./replay-filter.ts";
import { waitForNetwork } from "./wait-for-network.ts";

/** Reads one URL over any number of connections. */
export class ReconnectingReader<E extends { type: string }> {
  readonly #url: string;
  readonly #options: ConnectAgentStreamOptions<E>;
  readonly #retry: Readonly<BackoffOptions>;
  readonly #replays: ReplayFilter;
  #lastEventId: string | undefined;
  /** How many connections were opened. */
  #opened = 0;
  /** How many tries failed since the last event. */
  #failures = 0;
  /** The last `retry:` field of the stream, in milliseconds. */
  #retryMs = 0;
  /** Whether events of a turn have arrived, but not its `done`. */
  #isInTurn = false;
  /** Whether everything that `until` asks for has arrived. */
  #isComplete = false;

  /** @throws AgentStreamError `INVALID_OPTION` */
  constructor(url: string, options: ConnectAgentStreamOptions<E>) {
    this.#retry = checkConnectOptions(options);
    this.#url = url;
    this.#options = options;
    this.#lastEventId = options.lastEventId;
    this.#replays = new ReplayFilter(options.lastEventId);
  }

  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** Reads until the end that the options ask for, a final failure, or `stop`. */
  async *read(stop: AbortSignal): AsyncGenerator<ReceivedEvent<E>, undefined, undefined> {
    try {
      for (;;) {
        stop.throwIfAborted();
        const request = new EventStreamRequest(stop, this.#options.idleTimeoutMs ?? 45_000);
        let cause: unknown;
        try {
          cause = yield* this.#readConnection(request, stop);
        } finally {
          request.close();
        }
        if (cause === finished) return undefined;
        await this.#waitToReconnect(cause, stop);
      }
    } finally {
      this.#report({ status: "closed" });
    }
  }

  /** Returns {@link finished}, or why the connection must be tried again. Throws final failures. */
  async *#readConnection(
    request: EventStreamRequest,
    stop: AbortSignal,
  ): AsyncGenerator<ReceivedEvent<E>, unknown, undefined> {
    // Without the last id, so that the events show which of them came with one.
    const parser = new AgentEventParser({
      schema: this.#options.schema,
      maxEventLength: this.#options.maxEventLength,
      onRetry: (retryMs) => (this.#retryMs = retryMs),
    });
    let headers: Headers;
    try {
      headers = await request.within(requestHeaders(this.#options.headers, this.#lastEventId));
    } catch (error) {
      if (!(error instanceof AgentStreamError)) throw error;
      return retryable(error, stop);
    }
    this.#report({ status: "connecting" });
    try {
      if (!(await this.#open(request, headers))) return finished;
    } catch (error) {
      return retryable(error, stop);
    }
    this.#replays.onConnect();
    this.#report({ status: "open", reconnects: this.#opened++ });
    try {
      for (let chunk; (chunk = await request.read());) {
        parser.push(chunk);
        for (let received = parser.read(); received; received = parser.read()) {
          stop.throwIfAborted();
          if (!this.#replays.accept(received)) continue;
          yield this.#note(received);
          if (this.#isComplete) return finished;
        }
      }
      return this.#incomplete();
    } catch (error) {
      return retryable(error, stop);
    }
  }

  /** Whether there are events to read: 204 means that there are no more. */
  async #open(request: EventStreamRequest, headers: Headers): Promise<boolean> {
    const response = await request.send(this.#url, headers, this.#options);
    if (response.status === 204) {
      if (this.#isInTurn) throw this.#incomplete(response.status);
      if (!this.#lastEventId && this.#opened === 0) this.#report({ status: "empty" });
      return false;
    }
    if (!isEventStream(response)) {
      throw responseError(response, await request.readText(), this.#lastEventId);
    }
    return true;
  }

  #note({ event, id = this.#lastEventId }: ReceivedEvent<E>): ReceivedEvent<E> {
    this.#failures = 0;
    this.#lastEventId = id;
    this.#isInTurn = event.type !== "done";
    this.#isComplete = !this.#isInTurn && this.#options.until !== "closed";
    return { event, id };
  }

  async #waitToReconnect(cause: unknown, stop: AbortSignal): Promise<void> {
    const { maxRetries, maxRetryAfterMs } = this.#retry;
    const { retryAfterMs = 0 } = cause instanceof AgentStreamError ? cause : {};
    const serverDelayMs = Math.max(retryAfterMs, Math.min(this.#retryMs, maxRetryAfterMs));
    const delayMs = retryDelayMs(this.#failures, this.#retry, serverDelayMs);
    // The server asks for more patience than there is, and the error has its `retryAfterMs`.
    if (delayMs === undefined) throw cause;
    if (this.#failures++ >= maxRetries) {
      throw new AgentStreamError(
        "RETRIES_EXHAUSTED",
        `${this.#url} failed ${this.#failures} times in a row: ${String(cause)}`,
        { lastEventId: this.#lastEventId, url: this.#url, cause, retryable: true },
      );
    }
    this.#report({ status: "waiting", cause, delayMs });
    await waitForNetwork(delayMs, stop);
  }

  #report(change: ConnectionChange): void {
    this.#options.onStateChange?.({ ...change, lastEventId: this.#lastEventId });
  }

  #incomplete(status?: number): AgentStreamError {
    const how = status === undefined ? "" : ` with ${status}`;
    return new AgentStreamError(
      "INCOMPLETE_STREAM",
      `The stream ended${how} before \`done\` (last event id: ${this.#lastEventId ?? "none"}).`,
      { lastEventId: this.#lastEventId, url: this.#url, status, retryable: status === undefined },
    );
  }
}

const finished: unique symbol = Symbol();

/** Throws a final failure, and the reason of an abort; returns every other error. */
function retryable(error: unknown, stop: AbortSignal): unknown {
  stop.throwIfAborted();
  if (error instanceof AgentStreamError && !error.retryable) throw error;
  return error;
}
