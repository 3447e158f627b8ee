import {
  aFunction,
  anAbortSignal,
  checkOptions,
  nonEmptyString,
  oneOf,
  resolveBackoff,
  timeLimit,
  wholeNumberOrInfinity,
  type AgentEvent,
  type BackoffOptions,
  type OptionRules,
} from "@freshet/core";
import { parserRules, type AgentEventParserOptions } from "../wire/agent-event-parser.ts";
import { invalidOption } from "../wire/error.ts";
import { aListOfNames, headersOrFunction } from "../wire/option-rules.ts";
import type { RequestOptions } from "./event-stream-request.ts";

/** The state of a connection, with the id after which it resumes or has resumed. */
export type ConnectionState = ConnectionChange & { lastEventId: string | undefined };

export type ConnectionChange =
  | { status: "connecting" }
  | {
      status: "open";
      /** How often the connection was opened before. */
      reconnects: number;
    }
  | {
      status: "waiting";
      /** Why the connection was lost, or could not be opened. */
      cause: unknown;
      /** Milliseconds until the next try; a browser that comes back online may shorten them. */
      delayMs: number;
    }
  /** The server responded 204 to the first request: it has no events, or none yet. The loop ends. */
  | { status: "empty" }
  | { status: "closed" };

/** Options of `connectAgentStream`. */
export interface ConnectAgentStreamOptions<E extends { type: string } = AgentEvent>
  extends RequestOptions, Pick<AgentEventParserOptions<E>, "maxEventLength" | "schema"> {
  /** Start after this event, where an earlier connection ended. */
  lastEventId?: string | undefined;
  /** Ends everything immediately; the loop rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  /**
   * When to reconnect; `false` for never. Each event with a new id restarts the count. Defaults:
   * initialDelayMs 500, maxDelayMs 30,000, multiplier 2, jitter 0.5, maxRetries Infinity, maxRetryAfterMs
   * 300,000.
   *
   * The wait is also at least the server's `Retry-After`, and if that exceeds `maxRetryAfterMs`, the loop
   * throws. A `retry:` field of the stream is only a hint: it counts up to `maxRetryAfterMs`.
   */
  retry?: Partial<BackoffOptions> | false | undefined;
  /**
   * How often a stream whose events have no ids may begin again after a cut, because its agent then runs
   * again. Default 1.
   */
  maxRestarts?: number | undefined;
  /** The longest silence of a connection before it is replaced; comments count. Default 45,000. */
  idleTimeoutMs?: number | undefined;
  /**
   * - `"done"` (default): the loop ends after the first `done` event.
   * - `"closed"`: the loop continues over many turns, until the server responds 204.
   */
  until?: "done" | "closed" | undefined;
  /** Called whenever the state of the connection changes. The loop throws whatever it throws. */
  onStateChange?: ((state: ConnectionState) => void) | undefined;
}

const defaultRetry: Readonly<BackoffOptions> = {
  initialDelayMs: 500,
  maxDelayMs: 30_000,
  multiplier: 2,
  maxRetries: Infinity,
  jitter: 0.5,
  maxRetryAfterMs: 300_000,
};

const rules = {
  ...parserRules,
  headers: headersOrFunction,
  credentials: oneOf("omit", "same-origin", "include"),
  fetch: aFunction,
  redirectHeaders: aListOfNames,
  lastEventIdParam: nonEmptyString,
  maxRestarts: wholeNumberOrInfinity(0),
  signal: anAbortSignal,
  idleTimeoutMs: timeLimit,
  until: oneOf("done", "closed"),
  onStateChange: aFunction,
} satisfies OptionRules<ConnectAgentStreamOptions>;

/**
 * Checks all options but the URL.
 *
 * @returns the back-off of `retry`
 * @throws AgentStreamError `INVALID_OPTION`
 */
export function checkConnectOptions<E extends { type: string }>(
  options: ConnectAgentStreamOptions<E>,
): Readonly<BackoffOptions> {
  checkOptions(options, rules, invalidOption);
  return resolveBackoff(options.retry, defaultRetry, invalidOption);
}
