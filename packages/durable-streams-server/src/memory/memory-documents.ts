import type { DocumentStore, StoredDocument } from "../store/store.ts";

export class MemoryDocuments implements DocumentStore {
  readonly #documents = new Map<string, StoredDocument>();
  #lastVersion = 0;

  async get(key: string): Promise<StoredDocument | undefined> {
    return Promise.resolve(this.#documents.get(key));
  }

  async list(prefix: string): Promise<readonly StoredDocument[]> {
    return Promise.resolve([...this.#documents.values()].filter((d) => d.key.startsWith(prefix)));
  }

  async set(
    key: string,
    value: string | undefined,
    expected: number | undefined,
  ): Promise<number | undefined> {
    if (this.#documents.get(key)?.version !== expected) return Promise.resolve(undefined);
    if (value === undefined) {
      this.#documents.delete(key);
      return 0;
    }
    const version = ++this.#lastVersion;
    this.#documents.set(key, { key, value, version });
    return version;
  }
}
