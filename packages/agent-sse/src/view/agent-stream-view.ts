import type { AgentEvent } from "@freshet/core";
import type { ReceivedEvent } from "../wire/agent-event-parser.ts";
import { connectAgentStream } from "../client/connect-agent-stream.ts";
import type { ConnectAgentStreamOptions, ConnectionState } from "../client/reconnecting-reader.ts";
import { emptyTranscript, reduceAgentEvents, type AgentTranscript } from "./reduce-agent-events.ts";
import { scheduleFrame } from "./schedule-frame.ts";

/**
 * - `idle`: nobody is watching, the page is hidden and may pause, or there is nothing to connect to.
 * - `connecting`, `open`, `waiting`: as in {@link ConnectionState}.
 * - `done`: the stream is over. `stopped`: `stop` was called. `failed`: `streamError` says why.
 */
export type AgentStreamStatus =
  "idle" | "connecting" | "open" | "waiting" | "done" | "stopped" | "failed";

/** How the stream is doing. */
export interface AgentStreamHealth {
  readonly status: AgentStreamStatus;
  /** Why the stream failed; or, while it waits, why the connection was lost. */
  readonly streamError: unknown;
  /** How often it has come back after its connection was lost. */
  readonly reconnects: number;
  /** Where a later view can go on. */
  readonly lastEventId: string | undefined;
}

/** What the events came to, and how the stream that they come from is doing. */
export type AgentStreamSnapshot<S extends object = AgentTranscript> = Readonly<S> &
  AgentStreamHealth;

/** Options of {@link AgentStreamView}. */
export type AgentStreamViewOptions<
  E extends { type: string } = AgentEvent,
  S extends object = AgentTranscript,
> = WatchOptions<E> & (TranscriptOptions | StateOptions<E, S>);

interface WatchOptions<E extends { type: string }> extends Omit<
  ConnectAgentStreamOptions<E>,
  "signal"
> {
  /** Hears each event at once, not only when the view is updated. */
  onEvent?: ((received: ReceivedEvent<E>) => void) | undefined;
  /**
   * Lets go of the connection while the page is hidden, and goes on where it was when it is seen again:
   * a browser has six HTTP/1.1 connections for a server, and other tabs want theirs. Default false.
   */
  pauseWhenHidden?: boolean | undefined;
  /**
   * Calls back when the next update may be shown; returns how to cancel that. Default: with the next
   * animation frame.
   */
  schedule?: ((update: () => void) => () => void) | undefined;
}

interface TranscriptOptions {
  /** What was said up to `lastEventId`, when it was rendered elsewhere. Default: nothing. */
  initialState?: AgentTranscript | (() => AgentTranscript) | undefined;
  reducer?: undefined;
}

interface StateOptions<E extends { type: string }, S extends object> {
  /** What the state is before the first event (or was at `lastEventId`), or a function that makes it. */
  initialState: S | (() => S);
  /**
   * Makes the next state of the one before and an event, in place of `reduceAgentEvents`. It is called
   * once for each event, never while rendering, so it may also change the state and return it.
   */
  reducer: (state: S, event: E, id: string | undefined) => S;
}

/**
 * A transcript, or any other state, that follows a stream as long as somebody watches it, and goes on
 * where it was when somebody watches again. It lives outside of any component; `useAgentStream` shows it.
 *
 * However many events arrive, the snapshot and its watchers change at most once a frame, together.
 */
export class AgentStreamView<
  E extends { type: string } = AgentEvent,
  S extends object = AgentTranscript,
> {
  readonly #url: string | URL;
  #options: AgentStreamViewOptions<E, S>;
  #snapshot: AgentStreamSnapshot<S>;
  /** What the next snapshot will be. */
  #state: S;
  #status: AgentStreamStatus = "idle";
  #streamError: unknown;
  #reconnects = 0;
  #lastEventId: string | undefined;
  #hasEvents = false;
  /** The next event is the first of the stream, once more. */
  #beginsAgain = false;
  readonly #watchers = new Set<() => void>();
  /** Ends the connection that is open. */
  #connection: AbortController | undefined;
  #cancelUpdate: (() => void) | undefined;

  constructor(url: string | URL, options: AgentStreamViewOptions<E, S> = {}) {
    this.#url = url;
    this.#options = options;
    this.#state = initialStateOf(options);
    this.#lastEventId = options.lastEventId;
    this.#snapshot = this.#makeSnapshot();
  }

  /** The state that watchers were last told of; the same object until they are told again. */
  readonly getSnapshot = (): AgentStreamSnapshot<S> => this.#snapshot;

  /** Calls back after each change of the snapshot. The first watcher opens the connection, the last closes it. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    // The same listener once more is no second one.
    page.document?.addEventListener("visibilitychange", this.#follow);
    // Later, so that a watcher that only changes places (StrictMode) does not cost a request.
    queueMicrotask(this.#follow);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) {
        page.document?.removeEventListener("visibilitychange", this.#follow);
      }
      queueMicrotask(this.#follow);
    };
  };

  /** Ends the stream; `resume` goes on. */
  readonly stop = (): void => {
    if (isOver(this.#status)) return;
    this.#disconnect("stopped");
  };

  /** Goes on after the last event: after a failure, a `stop`, or with what comes after `done`. */
  readonly resume = (): void => {
    if (!isOver(this.#status)) return;
    this.#disconnect("idle");
    this.#follow();
  };

  /** Takes effect with the next event, and with the next request. */
  setOptions(options: AgentStreamViewOptions<E, S>): void {
    this.#options = options;
  }

  readonly #follow = (): void => {
    if (isOver(this.#status)) return;
    const mayPause = this.#options.pauseWhenHidden && page.document?.hidden;
    const isWatched = this.#watchers.size > 0 && !mayPause;
    if (isWatched && !this.#connection) {
      this.#connection = new AbortController();
      void this.#read(this.#connection.signal);
    } else if (!isWatched && this.#connection) {
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
      for await (const received of this.#connect(signal)) {
        // What was on its way when nobody watched any more comes again with the next connection.
        if (signal.aborted) return;
        this.#take(received);
        if (++taken % eventsPerTask === 0) await nextTask();
      }
      if (!signal.aborted) this.#set("done");
    } catch (error) {
      // The end that `stop` and the last watcher ask for is no failure.
      if (!signal.aborted) this.#set("failed", error);
    }
  }

  #connect(signal: AbortSignal): AsyncIterable<ReceivedEvent<E>> {
    const { credentials, fetch, retry, idleTimeoutMs, until, schema, maxEventLength } =
      this.#options;
    return connectAgentStream(this.#url, {
      ...{ credentials, retry, idleTimeoutMs, until, schema, maxEventLength },
      ...{ signal, lastEventId: this.#lastEventId },
      // Those of the newest render: a token may have been renewed since the connection was made.
      headers: () => {
        const { headers } = this.#options;
        return (typeof headers === "function" ? headers() : headers) ?? {};
      },
      fetch: fetch && ((url, init) => (this.#options.fetch ?? globalThis.fetch)(url, init)),
      onStateChange: (state) => this.#onStateChange(state, signal),
    });
  }

  #take(received: ReceivedEvent<E>): void {
    if (this.#beginsAgain) this.#state = initialStateOf(this.#options);
    this.#beginsAgain = false;
    this.#hasEvents = true;
    this.#state = this.#reduce(received);
    this.#lastEventId = received.id;
    this.#options.onEvent?.(received);
    this.#update();
  }

  #reduce({ event, id }: ReceivedEvent<E>): S {
    const { reducer } = this.#options;
    if (reducer) return reducer(this.#state, event, id);
    // Without a reducer the state is a transcript. An event of a defined type has nothing that it knows.
    const transcript = this.#state as unknown as AgentTranscript;
    return reduceAgentEvents(transcript, event as unknown as AgentEvent) as unknown as S;
  }

  #onStateChange(state: ConnectionState, signal: AbortSignal): void {
    this.#options.onStateChange?.(state);
    if (signal.aborted || state.status === "closed") return;
    if (state.status === "open") {
      if (state.reconnects > 0) this.#reconnects++;
      // Without an id nobody can resume: what was asked for is the stream from its start.
      this.#beginsAgain = this.#hasEvents && !state.lastEventId;
    }
    this.#set(state.status, state.status === "waiting" ? state.cause : undefined);
  }

  #set(status: AgentStreamStatus, streamError?: unknown): void {
    this.#status = status;
    this.#streamError = streamError;
    this.#update();
  }

  #update(): void {
    if (this.#watchers.size === 0) {
      // Nobody is told, so there is nothing to wait for, and no timer to leave behind.
      this.#cancelUpdate?.();
      this.#show();
    } else {
      const { schedule = scheduleFrame } = this.#options;
      this.#cancelUpdate ??= schedule(() => this.#show());
    }
  }

  #show(): void {
    this.#cancelUpdate = undefined;
    this.#snapshot = this.#makeSnapshot();
    for (const watcher of this.#watchers) watcher();
  }

  #makeSnapshot(): AgentStreamSnapshot<S> {
    return {
      ...this.#state,
      status: this.#status,
      streamError: this.#streamError,
      reconnects: this.#reconnects,
      lastEventId: this.#lastEventId,
    };
  }
}

/** The state before the first event. */
export function initialStateOf<E extends { type: string }, S extends object>({
  initialState = emptyTranscript,
}: AgentStreamViewOptions<E, S>): S {
  return (typeof initialState === "function" ? initialState() : initialState) as S;
}

/** However much has come at once: a page that takes all of it in one task does not hear its user meanwhile. */
const eventsPerTask = 500;

/** Not a timer: browsers make those of a page that nobody sees wait for a second. */
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

/** A server has no document, and neither has a worker. */
const page: Partial<Pick<typeof globalThis, "document">> = globalThis;

function isOver(status: AgentStreamStatus): boolean {
  return status === "done" || status === "stopped" || status === "failed";
}
