import type { GroupCommit } from "../store/group-commit.ts";
import type { DocumentStore, StoredDocument } from "../store/store.ts";
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

  list(prefix: string): Promise<readonly StoredDocument[]> {
    const { path, documents } = this.#tables;
    return attempt(path, () => {
      const found: StoredDocument[] = [];
      for (const { key, value } of documents.getRange({ start: prefix })) {
        if (!key.startsWith(prefix)) break;
        found.push({ key, ...value });
      }
      return found;
    });
  }

  set(
    key: string,
    value: string | undefined,
    expected: number | undefined,
  ): Promise<number | undefined> {
    const { documents, counters } = this.#tables;
    return this.#commits.run<number | undefined>({
      path: key,
      apply: () => {
        if (documents.get(key)?.version !== expected) return undefined;
        if (value === undefined) {
          void documents.remove(key);
          return 0;
        }
        const version = (counters.get("lastDocumentVersion") ?? 0) + 1;
        void counters.put("lastDocumentVersion", version);
        void documents.put(key, { value, version });
        return version;
      },
      isChange: (version) => version !== undefined,
    });
  }
}
