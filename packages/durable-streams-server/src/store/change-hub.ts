/** The listeners of each stream in this process. */
export class ChangeHub {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** @returns a function that removes the listener */
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

  notify(key: string): void {
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }

  /** Notifies every listener, for when it is not known which changes were missed. */
  notifyAll(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener();
  }
}
