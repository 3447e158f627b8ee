import { AgentStreamError } from "../wire/error.ts";

/** The error of a source that was silent for too long. */
export function idleTimeoutError(idleTimeoutMs: number, lastEventId?: string): AgentStreamError {
  return new AgentStreamError(
    "IDLE_TIMEOUT",
    `Nothing arrived for ${idleTimeoutMs} ms: raise idleTimeoutMs if the server may be silent longer.`,
    { lastEventId, retryable: true },
  );
}
