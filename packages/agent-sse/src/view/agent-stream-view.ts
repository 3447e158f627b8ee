import { addAsyncDispose, delay, type AgentEvent, type AsyncDisposableLike } from "@freshet/core";
import type { ConnectionState } from "../client/connect-options.ts";
import { connectAgentStream } from "../client/connect-agent-stream.ts";
import type { ReceivedEvent } from "../wire/agent-event-parser.ts";
import { page } from "../client/page.ts";
import { AgentStreamError } from "../wire/error.ts";
import { TranscriptFold } from "./reduce-agent-events.ts";
import type { AgentTranscript } from "./transcript.ts";
import { scheduleFrame } from "./schedule-frame.ts";
import {
  checkViewOptions,
  initialStateOf,
  type AgentStreamSnapshot,
  type AgentStreamStatus,
  type AgentStreamViewOptions,
} from "./view-options.ts";

/**
 * A transcript, or any other state, that follows a stream while it has subscribers and continues where it
 * was when it has subscribers again. It lives outside of any component; `useAgentStream` renders it.
 *
 * However many events arrive, the snapshot changes, and the subscribers are called, at most once per frame.
 * Disposing of it (`await using`) stops it, and waits until its connection is closed.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see AsyncDisposableLike
export class AgentStreamView<
  E extends { type: string } = AgentEvent,
  S extends object = AgentTranscript,
> {
  static {
    addAsyncDispose(this.prototype, (view) => view.#dispose());
  }

  readonly #url: string | URL;
  #options: AgentStreamViewOptions<E, S>;
  #snapshot: AgentStreamSnapshot<S>;
  readonly #firstSnapshot: AgentStreamSnapshot<S>;
  /** The state of the next snapshot, or before the events of the fold. */
  #state: S;
  #fold: TranscriptFold | undefined;
  #status: AgentStreamStatus = "idle";
  #streamError: unknown;
  #reconnects = 0;
  #lastEventId: string | undefined;
  #hasEvents = false;
  /** The server asks for no request before this time. */
  #notBefore = 0;
  /** The next event is again the first of the stream. */
  #restarts = false;
  readonly #subscribers = new Set<() => void>();
  /** Ends the open connection. */
  #connection: AbortController | undefined;
  #cancelUpdate: (() => void) | undefined;
  /** The end of the last connection. */
  #reading: Promise<void> | undefined;

  /** @throws AgentStreamError `INVALID_OPTION` */
  constructor(url: string | URL, options: AgentStreamViewOptions<E, S> = {}) {
    checkViewOptions(options);
    this.#url = url;
    this.#options = options;
    this.#state = initialStateOf(options);
    this.#lastEventId = options.lastEventId;
    this.#snapshot = this.#makeSnapshot();
    this.#firstSnapshot = this.#snapshot;
  }

  /** Returns the current snapshot: the same object until the subscribers are called again. */
  readonly getSnapshot = (): AgentStreamSnapshot<S> => this.#snapshot;

  /** Returns the first snapshot, which is also what a server renders, whatever has arrived since. */
  readonly getServerSnapshot = (): AgentStreamSnapshot<S> => this.#firstSnapshot;

  /** Calls back after each change of the snapshot. The first subscriber opens the connection, the last closes it. */
  readonly subscribe = (onChange: () => void): (() => void) => {
    this.#subscribers.add(onChange);
    // Adding the same listener again has no effect.
    page.document?.addEventListener("visibilitychange", this.#follow);
    // Deferred, so that a component that is unmounted and mounted again (StrictMode) costs no request.
    queueMicrotask(this.#follow);
    return () => {
      this.#subscribers.delete(onChange);
      if (this.#subscribers.size === 0) {
        page.document?.removeEventListener("visibilitychange", this.#follow);
      }
      queueMicrotask(this.#follow);
    };
  };

  /** Ends the stream; `resume` continues it. */
  readonly stop = (): void => {
    if (isOver(this.#status)) return;
    this.#disconnect("stopped");
  };

  /** Continues after the last event: after a failure, a `stop`, or `done`. */
  readonly resume = (): void => {
    if (!isOver(this.#status)) return;
    this.#disconnect("idle");
    this.#follow();
  };

  /**
   * Reads the stream again from its start, with the first state: where the server no longer knows the last id
   * (410) or never did (400), so that `resume` fails every time.
   */
  readonly restart = (): void => {
    this.#disconnect("idle");
    this.#lastEventId = undefined;
    this.#hasEvents = false;
    this.#restarts = false;
    this.#setState(initialStateOf(this.#options));
    this.#update();
    this.#follow();
  };

  /** Replaces the options, from the next event and the next request on. */
  setOptions(options: AgentStreamViewOptions<E, S>): void {
    checkViewOptions(options);
    this.#options = options;
  }

  async #dispose(): Promise<void> {
    this.stop();
    this.#cancelUpdate?.();
    this.#publish();
    await this.#reading;
  }

  readonly #follow = (): void => {
    if (isOver(this.#status)) return;
    // Without an id the stream would begin again, and its agent run again.
    const canPause = !this.#hasEvents || Boolean(this.#lastEventId);
    const mayPause = this.#options.pauseWhenHidden && page.document?.hidden && canPause;
    const isNeeded = this.#subscribers.size > 0 && !mayPause;
    if (isNeeded && !this.#connection) {
      this.#connection = new AbortController();
      this.#reading = this.#read(this.#connection.signal);
    } else if (!isNeeded && this.#connection) {
      this.#disconnect("idle");
    }
  };

  #disconnect(status: AgentStreamStatus): void {
    this.#connection?.abort();
    this.#connection = undefined;
    this.#set(status);
  }

  async #read(signal: AbortSignal): Promise<void> {
    let taken = 0;
    try {
      const waitMs = this.#notBefore - Date.now();
      if (waitMs > 0) await delay(waitMs, signal);
      for await (const received of this.#connect(signal)) {
        // An event that arrives after the disconnect comes again with the next connection.
        if (signal.aborted) return;
        this.#take(received);
        if (++taken % eventsPerTask === 0) await nextTask();
      }
      if (!signal.aborted && this.#status !== "empty") this.#set("done");
    } catch (error) {
      // An end by `stop` or by the last subscriber is not a failure.
      if (!signal.aborted) this.#set("failed", error);
    }
  }

  #connect(signal: AbortSignal): AsyncIterable<ReceivedEvent<E>> {
    const { credentials, fetch, retry, idleTimeoutMs, until, schema, maxEventLength } =
      this.#options;
    const { redirectHeaders, lastEventIdParam, maxRestarts } = this.#options;
    return connectAgentStream(this.#url, {
      ...{ credentials, retry, idleTimeoutMs, until, schema, maxEventLength },
      ...{ redirectHeaders, lastEventIdParam, maxRestarts },
      ...{ signal, lastEventId: this.#lastEventId },
      // The headers of the latest render: a token may have been renewed since the connection was made.
      headers: () => {
        const { headers } = this.#options;
        return (typeof headers === "function" ? headers() : headers) ?? {};
      },
      fetch: fetch && ((url, init) => (this.#options.fetch ?? globalThis.fetch)(url, init)),
      onStateChange: (state) => this.#onStateChange(state, signal),
    });
  }

  #take(received: ReceivedEvent<E>): void {
    if (this.#restarts) this.#setState(initialStateOf(this.#options));
    this.#restarts = false;
    this.#hasEvents = true;
    this.#reduce(received);
    this.#lastEventId = received.id;
    this.#options.onEvent?.(received);
    this.#update();
  }

  #reduce({ event, id }: ReceivedEvent<E>): void {
    const { reducer } = this.#options;
    if (reducer) {
      this.#state = reducer(this.#state, event, id);
      return;
    }
    // Without a reducer the state is a transcript, which ignores events of custom types.
    this.#fold ??= new TranscriptFold(this.#state as unknown as AgentTranscript);
    this.#fold.push(event as unknown as AgentEvent);
  }

  /** A transcript grows in place, and is made only for a snapshot. */
  #currentState(): S {
    if (this.#fold) this.#state = this.#fold.transcript() as unknown as S;
    return this.#state;
  }

  #setState(state: S): void {
    this.#fold = undefined;
    this.#state = state;
  }

  #onStateChange(state: ConnectionState, signal: AbortSignal): void {
    this.#options.onStateChange?.(state);
    if (signal.aborted || state.status === "closed") return;
    if (state.status === "open") {
      if (state.reconnects > 0) this.#reconnects++;
      // Without an id the stream cannot be resumed, so the server sends it from its start.
      this.#restarts = this.#hasEvents && !state.lastEventId;
    }
    if (state.status === "waiting") this.#noteRetryAfter(state.cause);
    this.#set(state.status, state.status === "waiting" ? state.cause : undefined);
  }

  /** A connection that is closed and opened again while it waits must still wait. */
  #noteRetryAfter(cause: unknown): void {
    const { retryAfterMs = 0 } = cause instanceof AgentStreamError ? cause : {};
    this.#notBefore = Date.now() + retryAfterMs;
  }

  #set(status: AgentStreamStatus, streamError?: unknown): void {
    this.#status = status;
    this.#streamError = streamError;
    this.#update();
  }

  #update(): void {
    if (this.#subscribers.size === 0) {
      // Without subscribers no frame is needed, and no timer is left behind.
      this.#cancelUpdate?.();
      this.#publish();
    } else {
      const { schedule = scheduleFrame } = this.#options;
      this.#cancelUpdate ??= schedule(() => this.#publish());
    }
  }

  #publish(): void {
    this.#cancelUpdate = undefined;
    this.#snapshot = this.#makeSnapshot();
    for (const onChange of this.#subscribers) onChange();
  }

  #makeSnapshot(): AgentStreamSnapshot<S> {
    return {
      ...this.#currentState(),
      status: this.#status,
      streamError: this.#streamError,
      reconnects: this.#reconnects,
      lastEventId: this.#lastEventId,
    };
  }
}

/* eslint-disable @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- a merged interface repeats the type parameters */
export interface AgentStreamView<
  E extends { type: string },
  S extends object,
> extends AsyncDisposableLike {}
/* eslint-enable @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type */

/** A page that handles more events in one task does not respond to its user meanwhile. */
const eventsPerTask = 500;

/** Not a timer: browsers delay the timers of a hidden page by a second. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

function isOver(status: AgentStreamStatus): boolean {
  return status === "done" || status === "empty" || status === "stopped" || status === "failed";
}
