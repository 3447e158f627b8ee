import {
  aBoolean,
  aFunction,
  checkOptions,
  type AgentEvent,
  type OptionRules,
} from "@freshet/core";
import { checkConnectOptions, type ConnectAgentStreamOptions } from "../client/connect-options.ts";
import type { ReceivedEvent } from "../wire/agent-event-parser.ts";
import { invalidOption } from "../wire/error.ts";
import { emptyTranscript, type AgentTranscript } from "./transcript.ts";

/**
 * The state of an `AgentStreamView`.
 *
 * - `idle`: it has no subscribers or no source, or the page is hidden and `pauseWhenHidden` is set.
 * - `connecting`, `open`, `waiting`: as in `ConnectionState`.
 * - `done`: the stream has ended. `empty`: it has no events, or none yet; `resume` asks again. `stopped`: `stop` was called. `failed`: `streamError` has the reason.
 */
export type AgentStreamStatus =
  "idle" | "connecting" | "open" | "waiting" | "done" | "empty" | "stopped" | "failed";

/** The condition of the stream behind a snapshot. */
export interface AgentStreamHealth {
  readonly status: AgentStreamStatus;
  /** Why the stream failed or, while it is `waiting`, why the connection was lost. */
  readonly streamError: unknown;
  /** How often the stream was reconnected after its connection was lost. */
  readonly reconnects: number;
  /** The id of the last event: a later view can continue after it. */
  readonly lastEventId: string | undefined;
}

/** The state that the events made, and the condition of their stream. */
export type AgentStreamSnapshot<S extends object = AgentTranscript> = Readonly<S> &
  AgentStreamHealth;

/** Options of `AgentStreamView`. */
export type AgentStreamViewOptions<
  E extends { type: string } = AgentEvent,
  S extends object = AgentTranscript,
> = WatchOptions<E> & (TranscriptOptions | StateOptions<E, S>);

interface WatchOptions<E extends { type: string }> extends Omit<
  ConnectAgentStreamOptions<E>,
  "signal"
> {
  /** Called with each event immediately, not only when the view is updated. */
  onEvent?: ((received: ReceivedEvent<E>) => void) | undefined;
  /**
   * Closes the connection while the page is hidden, and continues where it was when the page is visible
   * again: a browser shares six HTTP/1.1 connections per server among all tabs. Default false.
   */
  pauseWhenHidden?: boolean | undefined;
  /**
   * Calls back when the next update may be rendered; returns a function that cancels this. Default: at the
   * next animation frame.
   */
  schedule?: ((update: () => void) => () => void) | undefined;
}

interface TranscriptOptions {
  /** The transcript up to `lastEventId`, if it was rendered elsewhere. Default: empty. */
  initialState?: AgentTranscript | (() => AgentTranscript) | undefined;
  reducer?: undefined;
}

interface StateOptions<E extends { type: string }, S extends object> {
  /** The state before the first event, or at `lastEventId`, or a function that makes it. */
  initialState: S | (() => S);
  /**
   * Makes the next state from the previous one and an event, instead of `reduceAgentEvents`. It is called
   * once per event, never while rendering, so it may also change the state and return it.
   */
  reducer: (state: S, event: E, id: string | undefined) => S;
}

const rules = {
  onEvent: aFunction,
  pauseWhenHidden: aBoolean,
  schedule: aFunction,
  reducer: aFunction,
} satisfies OptionRules<AgentStreamViewOptions>;

/** @throws AgentStreamError `INVALID_OPTION` */
export function checkViewOptions<E extends { type: string }, S extends object>(
  options: AgentStreamViewOptions<E, S>,
): void {
  checkConnectOptions(options);
  checkOptions(options, rules, invalidOption);
}

/** The state before the first event. */
export function initialStateOf<E extends { type: string }, S extends object>({
  initialState = emptyTranscript,
}: AgentStreamViewOptions<E, S>): S {
  return (typeof initialState === "function" ? initialState() : initialState) as S;
}
