import type { DocumentStore, ListDocumentsOptions, StoredDocument } from "../store/store.ts";

export class MemoryDocuments implements DocumentStore {
  readonly #documents = new Map<string, StoredDocument>();
  #lastVersion = 0;

  async get(key: string): Promise<StoredDocument | undefined> {
    return Promise.resolve(this.#documents.get(key));
  }

  async list(
    prefix: string,
    { after = "", limit, changedAfter = 0 }: ListDocumentsOptions = {},
  ): Promise<readonly StoredDocument[]> {
    if (this.#lastVersion <= changedAfter) return Promise.resolve([]);
    return Promise.resolve(
      [...this.#documents.values()]
        .filter(
          ({ key, version }) => key.startsWith(prefix) && key > after && version > changedAfter,
        )
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit),
    );
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
