/** Lowe's cache: what was reached before with the same operations and in the same state leads nowhere. */
export class SeenStates<State> {
  /** A bit per operation in the order. */
  readonly #taken: Uint16Array;
  readonly #states = new Map<string, State[]>();
  readonly #isSame: (a: State, b: State) => boolean;

  constructor(operations: number, isSame: (a: State, b: State) => boolean) {
    this.#taken = new Uint16Array(Math.ceil(operations / 16));
    this.#isSame = isSame;
  }

  /** Adds an operation to the order; false, and nothing is added, if the state was there before. */
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

  /** Whether an operation is in the order. */
  has(operation: number): boolean {
    return ((this.#taken[operation >> 4] ?? 0) & (1 << (operation & 15))) !== 0;
  }

  remove(operation: number): void {
    this.#flip(operation);
  }

  #flip(operation: number): void {
    const word = operation >> 4;
    this.#taken[word] = (this.#taken[word] ?? 0) ^ (1 << (operation & 15));
  }
}
