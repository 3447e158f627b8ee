/**
 * A checker for linearizability: the algorithm of Wing and Gong with Lowe's improvements, as
 * https://github.com/anishathalye/porcupine describes it. It searches for an order of the operations
 * that keeps to real time and that a sequential model could have given the responses of.
 */

import { END, EventList } from "./event-list.ts";
import { SeenStates } from "./seen-states.ts";
import type { Operation, SequentialModel } from "./sequential-model.ts";

export type Verdict<State> =
  | { readonly kind: "linearizable" }
  /** The search was given up after so many steps as were allowed. */
  | { readonly kind: "undecided" }
  | {
      readonly kind: "impossible";
      /** The longest order that the responses allow, by index. */
      readonly order: readonly number[];
      /** The state after it. */
      readonly state: State;
      /** The operation that has to come next and cannot. */
      readonly blocked: number;
    };

/** @param maxSteps - how many times the model may be stepped */
export function checkLinearizability<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  maxSteps: number = Infinity,
): Verdict<State> {
  for (const streak of [1, 2, Infinity]) {
    const search = new Search(model, history, streak);
    const verdict = search.run(streak === Infinity ? maxSteps : maxSteps / 4);
    if (verdict.kind === "linearizable" || !search.wasBounded) return verdict;
  }
  return { kind: "undecided" };
}

/** What is tried next: the call at an event; at a return, an operation whose outcome is unknown. */
interface Candidate {
  readonly event: number;
  readonly unknown: number;
}

interface Choice<State> {
  readonly operation: number;
  readonly before: State;
  /** What is tried when this one is taken back. */
  readonly otherwise: Candidate;
}

class Search<State, Input, Output> {
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #history: readonly Operation<Input, Output>[];
  readonly #events: EventList;
  /** Operations with an unknown outcome, in order of time. */
  readonly #unknown: readonly number[];
  readonly #seen: SeenStates<State>;
  readonly #choices: Choice<State>[] = [];
  #state: State;
  /** So many unknown operations may come one after the other. */
  readonly #maxStreak: number;
  wasBounded = false;
  #longest: (Verdict<State> & { kind: "impossible" }) | undefined;

  constructor(
    model: SequentialModel<State, Input, Output>,
    history: readonly Operation<Input, Output>[],
    maxStreak: number,
  ) {
    this.#model = model;
    this.#history = history;
    this.#maxStreak = maxStreak;
    this.#events = new EventList(history);
    this.#unknown = [...history.keys()]
      .filter((index) => !history[index]?.response)
      .sort((a, b) => this.#operation(a).invokedAt - this.#operation(b).invokedAt);
    this.#seen = new SeenStates(history.length, (a, b) => model.isSame(a, b));
    this.#state = model.initial;
  }

  run(maxSteps: number): Verdict<State> {
    let next: Candidate = this.#first();
    for (let steps = 0; next.event !== END;) {
      const operation = this.#operationOf(next);
      if (operation === undefined) {
        const longest = this.#longestWith(this.#events.operationOf(next.event));
        const otherwise = this.#backtrack();
        if (!otherwise) return longest;
        next = otherwise;
        continue;
      }
      const otherwise = this.#after(next);
      if (!this.#isCandidate(operation)) {
        next = otherwise;
        continue;
      }
      if (++steps > maxSteps) return { kind: "undecided" };
      next = this.#take(operation, otherwise) ? this.#first() : otherwise;
    }
    return { kind: "linearizable" };
  }

  #operation(index: number): Operation<Input, Output> {
    return this.#history[index] ?? fail();
  }

  #first(): Candidate {
    return { event: this.#events.first(), unknown: 0 };
  }

  #after({ event, unknown }: Candidate): Candidate {
    if (this.#events.isReturn(event)) return { event, unknown: unknown + 1 };
    return { event: this.#events.after(event), unknown: 0 };
  }

  /**
   * Known operations come first: only where one has to return and cannot, an unknown one may be what is
   * missing. `undefined` where there is none left that was invoked by then.
   */
  #operationOf({ event, unknown }: Candidate): number | undefined {
    if (!this.#events.isReturn(event)) return this.#events.operationOf(event);
    const operation = this.#unknown[unknown];
    if (operation === undefined) return undefined;
    return this.#operation(operation).invokedAt < this.#events.at(event) ? operation : undefined;
  }

  /** Whether an operation with an unknown outcome, or another one, may come next at all. */
  #isCandidate(operation: number): boolean {
    if (this.#operation(operation).response) return true;
    if (this.#seen.has(operation)) return false;
    const isAllowed = this.#streak() < this.#maxStreak;
    this.wasBounded ||= !isAllowed;
    return isAllowed;
  }

  /** How many unknown operations came last. */
  #streak(): number {
    let streak = 0;
    for (let n = this.#choices.length - 1; n >= 0; n--, streak++) {
      if (this.#operation(this.#choices[n]?.operation ?? -1).response) break;
    }
    return streak;
  }

  /** Puts an operation next in the order, if it can be there and that leads to something new. */
  #take(operation: number, otherwise: Candidate): boolean {
    const { input, response } = this.#operation(operation);
    const before = this.#state;
    const state = this.#model.step(before, input, response?.output);
    // What nobody saw and what changes nothing need not have happened.
    if (state === undefined || (!response && state === before)) return false;
    if (!this.#seen.add(operation, state)) return false;
    this.#choices.push({ operation, before, otherwise });
    this.#state = state;
    this.#events.remove(operation);
    return true;
  }

  /** Takes the last choice back; `undefined` if all was tried. */
  #backtrack(): Candidate | undefined {
    for (;;) {
      const choice = this.#choices.pop();
      if (!choice) return undefined;
      const { operation, before, otherwise } = choice;
      const hadEffect = this.#state !== before;
      this.#state = before;
      this.#events.restore(operation);
      this.#seen.remove(operation);
      const { input, response } = this.#operation(operation);
      // What never has an effect and can come now gains nothing by coming later.
      if (hadEffect || !response || !this.#model.isPure(input, response.output)) return otherwise;
    }
  }

  #longestWith(blocked: number): Verdict<State> {
    if (this.#longest && this.#longest.order.length >= this.#choices.length) return this.#longest;
    const order = this.#choices.map(({ operation }) => operation);
    return (this.#longest = { kind: "impossible", order, state: this.#state, blocked });
  }
}

function fail(): never {
  throw new RangeError("An event of the history is missing.");
}
