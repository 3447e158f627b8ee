import { describeHistory } from "./describe-history.ts";
import type { Deviation } from "./expected-response.ts";
import { checkLinearizability, type Verdict } from "./linearizability.ts";
import { minimalHistory } from "./minimal-history.ts";
import { SearchHints } from "./search-hints.ts";
import { smallerHistories } from "./smaller-histories.ts";
import type { RecordedRequest, StreamHistory } from "./stream-history.ts";
import { streamModel } from "./stream-model.ts";
import type { FamilyState } from "./stream-state.ts";

/** What is wrong with the responses about one stream and its forks. */
export type Finding =
  | { readonly kind: "anomaly"; readonly text: string }
  | { readonly kind: "known failure"; readonly text: Deviation }
  | { readonly kind: "undecided"; readonly text: string };

/** A search that needs more steps is given up. */
const MAX_STEPS = 300_000;
const MAX_STEPS_OF_EXCERPT = 20_000;

type Requests = readonly RecordedRequest[];

/**
 * Checks that the responses about each stream are those of a server that does one request after the
 * other, in an order that keeps to real time.
 *
 * @param known - what the servers are known to do otherwise: reported as that, not as an anomaly
 */
export function checkStreams(
  history: StreamHistory,
  known: readonly Deviation[] = [],
): readonly Finding[] {
  return history.byFamily().flatMap((requests) => checkFamily(requests, known));
}

function checkFamily(requests: Requests, known: readonly Deviation[]): readonly Finding[] {
  const verdict = verdictOn(requests, known);
  if (verdict.kind === "linearizable") {
    const isNeeded = (deviation: Deviation) => {
      const others = known.filter((each) => each !== deviation);
      return verdictOn(requests, others).kind !== "linearizable";
    };
    return known.filter(isNeeded).map((text) => ({ kind: "known failure", text }));
  }
  const check = (excerpt: Requests) => verdictOn(excerpt, known, true);
  const minimal = minimalHistory({ history: requests, verdict }, check, smallerHistories);
  const kind = minimal.verdict.kind === "impossible" ? "anomaly" : "undecided";
  return [{ kind, text: describeHistory(minimal, requests.length) }];
}

function verdictOn(
  requests: Requests,
  deviations: readonly Deviation[],
  isExcerpt = false,
): Verdict<FamilyState> {
  const model = streamModel({ deviations, hints: new SearchHints(requests), isExcerpt });
  return checkLinearizability(model, requests, isExcerpt ? MAX_STEPS_OF_EXCERPT : MAX_STEPS);
}
