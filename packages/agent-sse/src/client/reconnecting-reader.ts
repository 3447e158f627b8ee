import { redactUrl, retryDelayMs, type BackoffOptions } from "@freshet/core";
import { AgentEventParser, type ReceivedEvent } from "../wire/agent-event-parser.ts";
import { AgentStreamError } from "../wire/error.ts";
import { isEventStream, responseError } from "./check-response.ts";
import {
  checkConnectOptions,
  type ConnectAgentStreamOptions,
  type ConnectionChange,
} from "./connect-options.ts";
import { EventStreamRequest, requestHeaders, urlWithLastEventId } from "./event-stream-request.ts";
import { isPreflightRefused } from "./refused-request.ts";
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
  /** How many tries failed since the last event with a new id. */
  #failures = 0;
  #hasEvents = false;
  /** How often the stream began again because its events have no ids. */
  #restarts = 0;
  /** Whether a request with the last id was ever answered, and how often one was refused by its preflight. */
  #hasResumed = false;
  #refusals = 0;
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
    const { headers: source, lastEventIdParam } = this.#options;
    let headers: Record<string, string>;
    try {
      const id = lastEventIdParam === undefined ? this.#lastEventId : undefined;
      headers = await request.within(requestHeaders(source, id));
    } catch (error) {
      if (!(error instanceof AgentStreamError)) throw error;
      return retryable(error, stop);
    }
    this.#report({ status: "connecting" });
    try {
      if (!(await this.#open(request, headers))) return finished;
    } catch (error) {
      await this.#checkPreflight(error, headers, stop);
      return retryable(error, stop);
    }
    this.#replays.onConnect();
    if (this.#opened > 0 && this.#hasEvents && !this.#lastEventId) this.#restarts++;
    this.#report({ status: "open", reconnects: this.#opened++ });
    try {
      return yield* this.#readEvents(request, stop);
    } catch (error) {
      return retryable(error, stop);
    }
  }

  async *#readEvents(
    request: EventStreamRequest,
    stop: AbortSignal,
  ): AsyncGenerator<ReceivedEvent<E>, unknown, undefined> {
    // Without the last id, so that the events show which of them came with one.
    const parser = new AgentEventParser({
      schema: this.#options.schema,
      maxEventLength: this.#options.maxEventLength,
      onRetry: (retryMs) => (this.#retryMs = retryMs),
    });
    for (let hasEnded = false; !hasEnded;) {
      const chunk = await request.read();
      hasEnded = chunk === undefined;
      if (chunk) parser.push(chunk);
      // An end that is too early is reported below, after the events that it may have completed.
      else endOf(parser);
      for (let received = parser.read(); received; received = parser.read()) {
        stop.throwIfAborted();
        if (!this.#replays.accept(received)) continue;
        yield this.#note(received);
        if (this.#isComplete) return finished;
      }
      this.#moveTo(parser.lastEventId);
    }
    return this.#incomplete();
  }

  /** Whether there are events to read: 204 means that there are no more. */
  async #open(request: EventStreamRequest, headers: Record<string, string>): Promise<boolean> {
    const { lastEventIdParam: param } = this.#options;
    const id = this.#lastEventId;
    const url = param !== undefined && id ? urlWithLastEventId(this.#url, param, id) : this.#url;
    const response = await request.send(url, headers, this.#options);
    this.#hasResumed ||= Boolean(id);
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

  #note({ event, id }: ReceivedEvent<E>): ReceivedEvent<E> {
    this.#hasEvents = true;
    // Events without ids may be those of a stream that begins again and again: that is no progress.
    if (id) this.#failures = 0;
    this.#lastEventId = id ?? this.#lastEventId;
    this.#isInTurn = event.type !== "done";
    this.#isComplete = !this.#isInTurn && this.#options.until !== "closed";
    return { event, id: this.#lastEventId };
  }

  /** Notes an id that came without an event. */
  #moveTo(id: string | undefined): void {
    if (id === undefined || id === this.#lastEventId || !this.#replays.moveTo(id)) return;
    this.#failures = 0;
    this.#lastEventId = id;
  }

  async #waitToReconnect(cause: unknown, stop: AbortSignal): Promise<void> {
    const { maxRetries, maxRetryAfterMs } = this.#retry;
    if (this.#hasEvents && !this.#lastEventId) this.#checkRestarts(cause);
    const { retryAfterMs = 0 } = cause instanceof AgentStreamError ? cause : {};
    const serverDelayMs = Math.max(retryAfterMs, Math.min(this.#retryMs, maxRetryAfterMs));
    const delayMs = retryDelayMs(this.#failures, this.#retry, serverDelayMs);
    // The server asks for more patience than there is, and the error has its `retryAfterMs`.
    if (delayMs === undefined) throw cause;
    if (this.#failures++ >= maxRetries) {
      throw new AgentStreamError(
        "RETRIES_EXHAUSTED",
        `${redactUrl(this.#url)} failed ${this.#failures} times in a row: ${String(cause)}`,
        { lastEventId: this.#lastEventId, url: redactUrl(this.#url), cause, retryable: true },
      );
    }
    this.#report({ status: "waiting", cause, delayMs });
    await waitForNetwork(delayMs, stop, serverDelayMs);
  }

  /** Each restart runs an agent anew, so there must be an end to them. */
  #checkRestarts(cause: unknown): void {
    const { maxRestarts = 1 } = this.#options;
    if (this.#restarts < maxRestarts) return;
    throw new AgentStreamError(
      "NOT_RESUMABLE",
      `The connection was lost after ${this.#restarts} restarts (maxRestarts), and the events have no ids to continue after: give them ids.`,
      { url: redactUrl(this.#url), cause, retryable: true },
    );
  }

  async #checkPreflight(
    error: unknown,
    headers: Record<string, string>,
    stop: AbortSignal,
  ): Promise<void> {
    if (this.#hasResumed || this.#options.fetch || !("last-event-id" in headers)) return;
    if (!(error instanceof TypeError) || !(await isPreflightRefused(this.#url, stop))) return;
    // Once may be a server that has just come back.
    if (++this.#refusals < 2) return;
    throw new AgentStreamError(
      "REQUEST_REFUSED",
      `${redactUrl(this.#url)} responds, but not to a request with Last-Event-ID: list it in Access-Control-Allow-Headers, or set lastEventIdParam.`,
      { url: redactUrl(this.#url), lastEventId: this.#lastEventId, cause: error },
    );
  }

  #report(change: ConnectionChange): void {
    this.#options.onStateChange?.({ ...change, lastEventId: this.#lastEventId });
  }

  #incomplete(status?: number): AgentStreamError {
    const how = status === undefined ? "" : ` with ${status}`;
    return new AgentStreamError(
      "INCOMPLETE_STREAM",
      `The stream ended${how} before \`done\` (last event id: ${this.#lastEventId ?? "none"}).`,
      {
        ...{ lastEventId: this.#lastEventId, url: redactUrl(this.#url), status },
        retryable: status === undefined,
      },
    );
  }
}

const finished: unique symbol = Symbol();

function endOf(parser: { end(): void }): void {
  try {
    parser.end();
  } catch {
    // The reader knows by itself that the stream is not complete.
  }
}

/** Throws a final failure, and the reason of an abort; returns every other error. */
function retryable(error: unknown, stop: AbortSignal): unknown {
  stop.throwIfAborted();
  if (error instanceof AgentStreamError && !error.retryable) throw error;
  return error;
}
