import type { GroupCommit } from "../store/group-commit.ts";
import type { DocumentStore, ListDocumentsOptions, StoredDocument } from "../store/store.ts";
import type { LmdbTables } from "./tables.ts";
import { attempt } from "./lmdb-errors.ts";

export class LmdbDocuments implements DocumentStore {
  readonly #tables: LmdbTables;
  readonly #commits: GroupCommit;

  constructor(tables: LmdbTables, commits: GroupCommit) {
    this.#tables = tables;
    this.#commits = commits;
  }

  get(key: string): Promise<StoredDocument | undefined> {
    const { path, documents } = this.#tables;
    return attempt(path, () => {
      const found = documents.get(key);
      return found && { key, ...found };
    });
  }

  list(
    prefix: string,
    { after = "", limit = Infinity, changedAfter }: ListDocumentsOptions = {},
  ): Promise<readonly StoredDocument[]> {
    const { path, documents } = this.#tables;
    return attempt(path, () => {
      const found: StoredDocument[] = [];
      if (changedAfter !== undefined) {
        return this.#changed(prefix, changedAfter)
          .filter(({ key }) => key > after)
          .slice(0, limit);
      }
      for (const { key, value } of documents.getRange({ start: after > prefix ? after : prefix })) {
        if (!key.startsWith(prefix) || found.length >= limit) break;
        if (key !== after) found.push({ key, ...value });
      }
      return found;
    });
  }

  #changed(prefix: string, changedAfter: number): StoredDocument[] {
    const { documents, documentVersions } = this.#tables;
    const found: StoredDocument[] = [];
    for (const { value: key } of documentVersions.getRange({ start: changedAfter + 1 })) {
      const document = key.startsWith(prefix) ? documents.get(key) : undefined;
      if (document) found.push({ key, ...document });
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  set(
    key: string,
    value: string | undefined,
    expected: number | undefined,
  ): Promise<number | undefined> {
    const { documents, documentVersions, counters } = this.#tables;
    return this.#commits.run<number | undefined>({
      path: key,
      apply: () => {
        if (documents.get(key)?.version !== expected) return undefined;
        if (expected !== undefined) void documentVersions.remove(expected);
        if (value === undefined) {
          void documents.remove(key);
          return 0;
        }
        const version = (counters.get("lastDocumentVersion") ?? 0) + 1;
        void counters.put("lastDocumentVersion", version);
        void documents.put(key, { value, version });
        void documentVersions.put(version, key);
        return version;
      },
      isChange: (version) => version !== undefined,
    });
  }
}
