/** Who waits for which stream, in one process. */
export class WakeHub {
  readonly #listeners = new Map<string, Set<() => void>>();

  subscribe(key: string, listener: () => void): () => void {
    let listeners = this.#listeners.get(key);
    if (!listeners) this.#listeners.set(key, (listeners = new Set()));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) {
        this.#listeners.delete(key);
      }
    };
  }

  wake(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }

  /** For when it is not known what was missed. */
  wakeAll(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener();
  }

  keys(): IterableIterator<string> {
    return this.#listeners.keys();
  }
}
