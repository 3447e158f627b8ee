import type { AgentEvent } from "@freshet/core";
import type { ReceivedEvent } from "./agent-event-parser.ts";
import { connectAgentStream } from "./connect-agent-stream.ts";
import type { ConnectAgentStreamOptions, ConnectionState } from "./reconnecting-reader.ts";
import { emptyTranscript, reduceAgentEvents, type AgentTranscript } from "./reduce-agent-events.ts";
import { scheduleFrame } from "./schedule-frame.ts";

/**
 * - `idle`: nobody is watching, or there is nothing to connect to.
 * - `connecting`, `open`, `waiting`: as in {@link ConnectionState}.
 * - `done`: the stream is over. `stopped`: `stop` was called. `failed`: `streamError` says why.
 */
export type AgentStreamStatus =
  "idle" | "connecting" | "open" | "waiting" | "done" | "stopped" | "failed";

/** A transcript, and how the stream that it comes from is doing. */
export interface AgentStreamSnapshot extends AgentTranscript {
  readonly status: AgentStreamStatus;
  /** Why the stream failed; or, while it waits, why the connection was lost. */
  readonly streamError: unknown;
  /** Where a later view can go on. */
  readonly lastEventId: string | undefined;
}

/** Options of {@link AgentStreamView}. */
export interface AgentStreamViewOptions<
  E extends { type: string } = AgentEvent,
> extends ConnectAgentStreamOptions<E> {
  /** What was said up to `lastEventId`, when it was rendered elsewhere. */
  transcript?: AgentTranscript | undefined;
  /** Hears each event at once, not only when the view is updated. */
  onEvent?: ((received: ReceivedEvent<E>) => void) | undefined;
  /**
   * Calls back when the next update may be shown; returns how to cancel that. Default: with the next
   * animation frame.
   */
  schedule?: ((update: () => void) => () => void) | undefined;
}

/**
 * A transcript that follows a stream as long as somebody watches it, and goes on where it was when
 * somebody watches again. It lives outside of any component; `useAgentStream` shows it.
 *
 * However many events arrive, the snapshot and its watchers change at most once a frame, together.
 */
export class AgentStreamView<E extends { type: string } = AgentEvent> {
  readonly #url: string | URL;
  #options: AgentStreamViewOptions<E>;
  #snapshot: AgentStreamSnapshot;
  /** What the next snapshot will be. */
  #transcript: AgentTranscript;
  #status: AgentStreamStatus = "idle";
  #streamError: unknown;
  #lastEventId: string | undefined;
  readonly #watchers = new Set<() => void>();
  /** Ends the connection that is open. */
  #connection: AbortController | undefined;
  #cancelUpdate: (() => void) | undefined;

  constructor(url: string | URL, options: AgentStreamViewOptions<E> = {}) {
    this.#url = url;
    this.#options = options;
    this.#transcript = options.transcript ?? emptyTranscript;
    this.#lastEventId = options.lastEventId;
    this.#snapshot = this.#makeSnapshot();
  }

  /** The state that watchers were last told of; the same object until they are told again. */
  readonly getSnapshot = (): AgentStreamSnapshot => this.#snapshot;

  /** Calls back after each change of the snapshot. The first watcher opens the connection, the last closes it. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    // Later, so that a watcher that only changes places (StrictMode) does not cost a request.
    queueMicrotask(this.#follow);
    return () => {
      this.#watchers.delete(watcher);
      queueMicrotask(this.#follow);
    };
  };

  /** Ends the stream for good. */
  readonly stop = (): void => {
    if (isOver(this.#status)) return;
    this.#connection?.abort();
    this.#connection = undefined;
    this.#set("stopped");
  };

  /** Takes effect with the next event, or the next connection. */
  setOptions(options: AgentStreamViewOptions<E>): void {
    this.#options = options;
  }

  readonly #follow = (): void => {
    if (isOver(this.#status)) return;
    const isWatched = this.#watchers.size > 0;
    if (isWatched && !this.#connection) {
      this.#connection = new AbortController();
      void this.#read(this.#connection.signal);
    } else if (!isWatched && this.#connection) {
      this.#connection.abort();
      this.#connection = undefined;
      this.#set("idle");
    }
  };

  async #read(signal: AbortSignal): Promise<void> {
    const { headers, credentials, fetch, retry, idleTimeoutMs, until, schema, maxEventLength } =
      this.#options;
    try {
      const events = connectAgentStream(this.#url, {
        ...{ headers, credentials, fetch, retry, idleTimeoutMs, until, schema, maxEventLength },
        ...{ signal, lastEventId: this.#lastEventId },
        onStateChange: (state) => this.#onStateChange(state, signal),
      });
      for await (const received of events) {
        // What was on its way when nobody watched any more comes again with the next connection.
        if (signal.aborted) return;
        this.#take(received);
      }
      this.#set("done");
    } catch (error) {
      // The end that `stop` and the last watcher ask for is no failure.
      if (!signal.aborted) this.#set("failed", error);
    }
  }

  #take(received: ReceivedEvent<E>): void {
    // An event of a defined type has nothing that the reducer knows, so it changes nothing.
    this.#transcript = reduceAgentEvents(this.#transcript, received.event as unknown as AgentEvent);
    this.#lastEventId = received.id;
    this.#options.onEvent?.(received);
    this.#update();
  }

  #onStateChange(state: ConnectionState, signal: AbortSignal): void {
    this.#options.onStateChange?.(state);
    if (signal.aborted || state.status === "closed") return;
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

  #makeSnapshot(): AgentStreamSnapshot {
    return {
      ...this.#transcript,
      status: this.#status,
      streamError: this.#streamError,
      lastEventId: this.#lastEventId,
    };
  }
}

function isOver(status: AgentStreamStatus): boolean {
  return status === "done" || status === "stopped" || status === "failed";
}
