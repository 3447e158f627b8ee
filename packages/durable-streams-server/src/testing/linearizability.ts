/**
 * A checker for linearizability: the algorithm of Wing and Gong with Lowe's improvements, as
 * https://github.com/anishathalye/porcupine describes it. It searches for an order of the operations
 * that keeps to real time and that a sequential model could have given the responses of.
 */

/** What one object does when its operations come one after the other. */
export interface SequentialModel<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after an operation; `undefined` where the model does not respond so. An operation whose
   * response nobody saw has `output` undefined. An operation without effect returns `state` itself.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Whether an operation with this response has no effect in any state. */
  isPure(input: Input, output: Output): boolean;
  isSame(a: State, b: State): boolean;
}

/** One operation as a client saw it. Times are of one clock; no two events share one. */
export interface Operation<Input, Output> {
  readonly input: Input;
  readonly invokedAt: number;
  /** Left out: the outcome is unknown. It may take effect at any time after `invokedAt`, or never. */
  readonly response?: { readonly output: Output; readonly at: number } | undefined;
}

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
  return new Search(model, history).run(maxSteps);
}

interface Choice<State> {
  readonly operation: number;
  readonly before: State;
}

class Search<State, Input, Output> {
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #history: readonly Operation<Input, Output>[];
  readonly #events: EventList;
  readonly #seen: SeenStates<State>;
  readonly #choices: Choice<State>[] = [];
  #state: State;
  #longest: (Verdict<State> & { kind: "impossible" }) | undefined;

  constructor(
    model: SequentialModel<State, Input, Output>,
    history: readonly Operation<Input, Output>[],
  ) {
    this.#model = model;
    this.#history = history;
    this.#events = new EventList(history);
    this.#seen = new SeenStates(history.length, (a, b) => model.isSame(a, b));
    this.#state = model.initial;
  }

  run(maxSteps: number): Verdict<State> {
    let event = this.#events.first();
    let steps = 0;
    while (event !== END) {
      const operation = this.#events.operationOf(event);
      if (this.#events.isReturn(event)) {
        const longest = this.#longestWith(operation);
        const next = this.#backtrack();
        if (next === undefined) return longest;
        event = next;
        continue;
      }
      if (++steps > maxSteps) return { kind: "undecided" };
      event = this.#take(operation) ? this.#events.first() : this.#events.after(event);
    }
    return { kind: "linearizable" };
  }

  /** Puts an operation next in the order, if it can be there and that leads to something new. */
  #take(operation: number): boolean {
    const { input, response } = this.#history[operation] ?? fail();
    const before = this.#state;
    const state = this.#model.step(before, input, response?.output);
    // What nobody saw and what changes nothing need not have happened.
    if (state === undefined || (!response && state === before)) return false;
    if (!this.#seen.add(operation, state)) return false;
    this.#choices.push({ operation, before });
    this.#state = state;
    this.#events.remove(operation);
    return true;
  }

  /** Takes the last choice back; the event to go on from, `undefined` if all was tried. */
  #backtrack(): number | undefined {
    for (;;) {
      const choice = this.#choices.pop();
      if (!choice) return undefined;
      const hadEffect = this.#state !== choice.before;
      this.#state = choice.before;
      this.#events.restore(choice.operation);
      this.#seen.remove(choice.operation);
      const { input, response } = this.#history[choice.operation] ?? fail();
      // What never has an effect and can come now gains nothing by coming later.
      if (!hadEffect && response && this.#model.isPure(input, response.output)) continue;
      return this.#events.after(this.#events.callOf(choice.operation));
    }
  }

  #longestWith(blocked: number): Verdict<State> {
    if (this.#longest && this.#longest.order.length >= this.#choices.length) return this.#longest;
    const order = this.#choices.map(({ operation }) => operation);
    return (this.#longest = { kind: "impossible", order, state: this.#state, blocked });
  }
}

const END = -1;

/** The calls and returns that are not yet in the order, as a doubly linked list in order of time. */
class EventList {
  readonly #operations: number[] = [];
  readonly #isReturn: boolean[] = [];
  readonly #calls: number[] = [];
  readonly #returns: number[] = [];
  /** Event `n` is linked at `n + 1`; 0 is the head and the end. */
  readonly #next: number[];
  readonly #previous: number[];

  constructor(history: readonly Operation<unknown, unknown>[]) {
    const events = history.flatMap(({ invokedAt, response }, operation) => [
      { at: invokedAt, operation, isReturn: false },
      ...(response ? [{ at: response.at, operation, isReturn: true }] : []),
    ]);
    events.sort((a, b) => a.at - b.at);
    for (const [index, { operation, isReturn }] of events.entries()) {
      this.#operations.push(operation);
      this.#isReturn.push(isReturn);
      (isReturn ? this.#returns : this.#calls)[operation] = index;
    }
    this.#next = events.map((_, index) => index + 1).concat(0);
    this.#previous = [events.length, ...events.map((_, index) => index)];
  }

  first(): number {
    return (this.#next[0] ?? 0) - 1;
  }

  after(event: number): number {
    return (this.#next[event + 1] ?? 0) - 1;
  }

  operationOf(event: number): number {
    return this.#operations[event] ?? fail();
  }

  isReturn(event: number): boolean {
    return this.#isReturn[event] ?? fail();
  }

  callOf(operation: number): number {
    return this.#calls[operation] ?? fail();
  }

  remove(operation: number): void {
    this.#unlink(this.callOf(operation));
    const returned = this.#returns[operation];
    if (returned !== undefined) this.#unlink(returned);
  }

  /** Undoes the last `remove`. */
  restore(operation: number): void {
    const returned = this.#returns[operation];
    if (returned !== undefined) this.#link(returned);
    this.#link(this.callOf(operation));
  }

  #unlink(event: number): void {
    const [before = 0, after = 0] = [this.#previous[event + 1], this.#next[event + 1]];
    this.#next[before] = after;
    this.#previous[after] = before;
  }

  #link(event: number): void {
    const [before = 0, after = 0] = [this.#previous[event + 1], this.#next[event + 1]];
    this.#next[before] = event + 1;
    this.#previous[after] = event + 1;
  }
}

/** Lowe's cache: what was reached before with the same operations and in the same state leads nowhere. */
class SeenStates<State> {
  /** A bit per operation in the order. */
  readonly #taken: Uint16Array;
  readonly #states = new Map<string, State[]>();
  readonly #isSame: (a: State, b: State) => boolean;

  constructor(operations: number, isSame: (a: State, b: State) => boolean) {
    this.#taken = new Uint16Array(Math.ceil(operations / 16));
    this.#isSame = isSame;
  }

  /** Whether the state is new for the operations that are taken together with this one. */
  add(operation: number, state: State): boolean {
    this.#flip(operation);
    const key = String.fromCharCode(...this.#taken);
    const states = this.#states.get(key);
    if (states?.some((seen) => this.#isSame(seen, state))) {
      this.#flip(operation);
      return false;
    }
    if (states) states.push(state);
    else this.#states.set(key, [state]);
    return true;
  }

  remove(operation: number): void {
    this.#flip(operation);
  }

  #flip(operation: number): void {
    const word = operation >> 4;
    this.#taken[word] = (this.#taken[word] ?? 0) ^ (1 << (operation & 15));
  }
}

function fail(): never {
  throw new RangeError("An event of the history is missing.");
}
