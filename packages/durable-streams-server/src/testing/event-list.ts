import type { Operation } from "./sequential-model.ts";

/** What follows the last event. */
export const END = -1;

interface Event {
  readonly at: number;
  readonly operation: number;
  readonly isReturn: boolean;
}

/**
 * The calls and returns of known operations that are not yet in the order, as a doubly linked list in
 * order of time.
 */
export class EventList {
  readonly #events: readonly Event[];
  /** By operation; unknown ones have none. */
  readonly #calls: number[] = [];
  readonly #returns: number[] = [];
  /** Event `n` is linked at `n + 1`; 0 is the head and the end. */
  readonly #next: number[];
  readonly #previous: number[];

  constructor(history: readonly Operation<unknown, unknown>[]) {
    this.#events = history
      .flatMap(({ invokedAt, response }, operation) =>
        response
          ? [
              { at: invokedAt, operation, isReturn: false },
              { at: response.at, operation, isReturn: true },
            ]
          : [],
      )
      .sort((a, b) => a.at - b.at);
    for (const [index, { operation, isReturn }] of this.#events.entries()) {
      (isReturn ? this.#returns : this.#calls)[operation] = index;
    }
    const indexes = [...this.#events.keys()];
    this.#next = [...indexes.map((index) => index + 1), 0];
    this.#previous = [indexes.length, ...indexes];
  }

  first(): number {
    return (this.#next[0] ?? 0) - 1;
  }

  after(event: number): number {
    return (this.#next[event + 1] ?? 0) - 1;
  }

  at(event: number): number {
    return this.#event(event).at;
  }

  operationOf(event: number): number {
    return this.#event(event).operation;
  }

  isReturn(event: number): boolean {
    return this.#event(event).isReturn;
  }

  remove(operation: number): void {
    for (const event of [this.#calls[operation], this.#returns[operation]]) {
      if (event === undefined) continue;
      const [before = 0, after = 0] = [this.#previous[event + 1], this.#next[event + 1]];
      this.#next[before] = after;
      this.#previous[after] = before;
    }
  }

  /** Undoes the last `remove`. */
  restore(operation: number): void {
    for (const event of [this.#returns[operation], this.#calls[operation]]) {
      if (event === undefined) continue;
      const [before = 0, after = 0] = [this.#previous[event + 1], this.#next[event + 1]];
      this.#next[before] = event + 1;
      this.#previous[after] = event + 1;
    }
  }

  #event(index: number): Event {
    return this.#events[index] ?? fail();
  }
}

function fail(): never {
  throw new RangeError("An event of the history is missing.");
}
