interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait for a producer: for values to be stored, for room, or to learn of its failure. */
export class ProducerWaiters {
  #storing: (Waiter & { readonly target: number })[] = [];
  #unready: Waiter[] = [];
  readonly #failing: ((error: unknown) => void)[] = [];

  /** Whether somebody waits for values to be stored. */
  get areStoring(): boolean {
    return this.#storing.length > 0;
  }

  /** Resolves when `target` values are stored. */
  whenStored(target: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#storing.push({ target, resolve, reject });
    });
  }

  /** Resolves when there is room for more values. */
  whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#unready.push({ resolve, reject });
    });
  }

  /** Rejects when the producer fails. */
  whenFailed(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#failing.push(reject);
    });
  }

  /** @param stored - how many values are stored */
  wake(stored: number, hasRoom: boolean): void {
    this.#storing = this.#storing.filter((waiter) => {
      if (waiter.target > stored) return true;
      waiter.resolve();
      return false;
    });
    if (!hasRoom) return;
    for (const { resolve } of this.#unready.splice(0)) resolve();
  }

  fail(error: unknown): void {
    for (const { reject } of [...this.#storing.splice(0), ...this.#unready.splice(0)]) {
      reject(error);
    }
    for (const reject of this.#failing.splice(0)) reject(error);
  }
}
