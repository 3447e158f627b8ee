import type { SearchHints } from "./search-hints.ts";
import type { StreamResponse } from "./stream-request.ts";
import type { FamilyState } from "./stream-state.ts";

/** A response that is right: like a response, but for a position in place of its offset. */
export interface Expected extends Omit<StreamResponse, "offset"> {
  readonly position?: number | undefined;
}

/** The state after a request, and the responses that are right for it. */
export interface Result {
  readonly family: FamilyState;
  readonly allowed: readonly Expected[];
}

/**
 * What a server is known to do otherwise than the protocol says.
 *
 * - `repetition-after-close`: a producer's repetition after somebody else closed the stream is
 *   acknowledged (section 5.2.1: 409).
 * - `offset-outlives-stream`: an offset of a deleted stream is taken for one of the stream that was made
 *   anew at its path.
 */
export type Deviation = "repetition-after-close" | "offset-outlives-stream";

/** What the model is held to. */
export interface ModelRules {
  readonly deviations?: readonly Deviation[];
  readonly hints?: SearchHints;
  /** Requests were left out of the history. */
  readonly isExcerpt?: boolean;
}

/** Whether a response is the expected one. Headers that are not expected must not be there. */
export function matches(expected: Expected, response: StreamResponse): boolean {
  return (
    response.status === expected.status &&
    (response.offset !== undefined) === (expected.position !== undefined) &&
    (response.closed ?? false) === (expected.closed ?? false) &&
    response.producerEpoch === expected.producerEpoch &&
    response.producerSeq === expected.producerSeq &&
    response.expectedSeq === expected.expectedSeq &&
    response.receivedSeq === expected.receivedSeq &&
    response.content === expected.content
  );
}
