import { describeHistory } from "./describe-history.ts";
import { checkLinearizability, type Verdict } from "./linearizability.ts";
import { minimalHistory } from "./minimal-history.ts";
import { SearchHints } from "./search-hints.ts";
import { smallerHistories } from "./smaller-histories.ts";
import type { RecordedRequest, StreamHistory } from "./stream-history.ts";
import { streamModel } from "./stream-model.ts";
import type { FamilyState } from "./stream-state.ts";

/** What is wrong with the responses about one stream and its forks. */
export interface Finding {
  readonly kind: "anomaly" | "undecided";
  readonly text: string;
}

/** A search that needs more steps is given up. */
const MAX_STEPS = 300_000;
const MAX_STEPS_OF_EXCERPT = 20_000;

type Requests = readonly RecordedRequest[];

/**
 * Checks that the responses about each stream are those of a server that does one request after the
 * other, in an order that keeps to real time.
 */
export function checkStreams(history: StreamHistory): readonly Finding[] {
  return history.byFamily().flatMap(checkFamily);
}

function checkFamily(requests: Requests): readonly Finding[] {
  const verdict = verdictOn(requests);
  if (verdict.kind === "linearizable") return [];
  const check = (excerpt: Requests) => verdictOn(excerpt, true);
  const minimal = minimalHistory({ history: requests, verdict }, check, smallerHistories);
  const kind = minimal.verdict.kind === "impossible" ? "anomaly" : "undecided";
  return [{ kind, text: describeHistory(minimal, requests.length) }];
}

function verdictOn(requests: Requests, isExcerpt = false): Verdict<FamilyState> {
  const model = streamModel({ hints: new SearchHints(requests), isExcerpt });
  return checkLinearizability(model, requests, isExcerpt ? MAX_STEPS_OF_EXCERPT : MAX_STEPS);
}
