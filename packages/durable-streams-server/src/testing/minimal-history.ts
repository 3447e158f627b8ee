import type { Verdict } from "./linearizability.ts";
import type { Operation } from "./sequential-model.ts";

export interface Checked<State, Recorded> {
  readonly history: readonly Recorded[];
  readonly verdict: Verdict<State>;
}

/** Whether a history is found out as well as the one that it was made from. */
function isAsWrong(verdict: Verdict<unknown>, than: Verdict<unknown>): boolean {
  return verdict.kind === "impossible" || verdict.kind === than.kind;
}

/**
 * Makes a history that is not linearizable small: what came after the first contradiction is left out,
 * and then whatever else can be. A history that is too large to decide becomes one that is not.
 *
 * @param smaller - histories that are linearizable if the given one is, those that leave out most first
 */
export function minimalHistory<State, Recorded extends Operation<unknown, unknown>>(
  whole: Checked<State, Recorded>,
  check: (history: readonly Recorded[]) => Verdict<State>,
  smaller: (history: readonly Recorded[]) => Iterable<readonly Recorded[]>,
): Checked<State, Recorded> {
  let found = shortestBeginning(whole, check);
  let size: number;
  do {
    size = found.history.length;
    for (const history of smaller(found.history)) {
      const verdict = check(history);
      if (!isAsWrong(verdict, found.verdict)) continue;
      found = { history, verdict };
      break;
    }
  } while (found.history.length < size);
  return found;
}

/** The shortest beginning that is not linearizable. */
function shortestBeginning<State, Recorded extends Operation<unknown, unknown>>(
  whole: Checked<State, Recorded>,
  check: (history: readonly Recorded[]) => Verdict<State>,
): Checked<State, Recorded> {
  const ends = whole.history.flatMap(({ response }) => response?.at ?? []).sort((a, b) => a - b);
  let found = whole;
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const history = until(whole.history, ends[middle] ?? Infinity);
    const verdict = check(history);
    if (isAsWrong(verdict, found.verdict)) {
      found = { history, verdict };
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return found;
}

/** The history as it was known at a moment. */
function until<Recorded extends Operation<unknown, unknown>>(
  history: readonly Recorded[],
  moment: number,
): Recorded[] {
  return history
    .filter(({ invokedAt }) => invokedAt < moment)
    .map((each) =>
      each.response && each.response.at > moment ? { ...each, response: undefined } : each,
    );
}
