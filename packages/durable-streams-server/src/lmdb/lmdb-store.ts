import { GroupCommit } from "../store/group-commit.ts";
import {
  appendOperation,
  createOperation,
  deleteOperation,
  touchOperation,
  type Operation,
} from "../store/mutation.ts";
import { headOf, readChain, type RecordReader } from "../store/read-chain.ts";
import type { DataRecord, ListedStream, Store } from "../store/store.ts";
import { WakeHub } from "../store/change-hub.ts";
import { CommitPlace } from "./commit-thread.ts";
import { openTables, type LmdbTables } from "./tables.ts";
import { LmdbDocuments } from "./lmdb-documents.ts";
import { attempt, storeError } from "./lmdb-errors.ts";
import { LmdbJanitor } from "./lmdb-sweep.ts";
import { LmdbTransaction } from "./lmdb-transaction.ts";

export interface LmdbStoreOptions {
  /** The folder of the data; made if it does not exist. */
  path: string;
  /** How often expired streams are looked for and freed, in milliseconds (default 10,000). */
  sweepIntervalMs?: number;
  /** How much address space the map starts with, in bytes; it grows by itself. */
  mapSize?: number;
}

/**
 * Streams in a folder, in an LMDB environment: durable when acknowledged, with nothing to set up. One
 * process at a time should serve a folder, and one store in it. Others may write to it, and lose nothing
 * by that, but readers that wait in this one learn of it late, and everybody here waits while another
 * holds LMDB's write lock.
 *
 * @throws DurableStreamsServerError `PEER_MISSING` without the package lmdb, `STORE_VERSION` for data
 * of a newer version
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { createDurableStreams } from "@freshet/durable-streams-server";
 * import { lmdbStore } from "@freshet/durable-streams-server/lmdb";
 *
 * const path = await mkdtemp("/tmp/streams-");
 * const streams = createDurableStreams({ store: lmdbStore({ path }) });
 * await streams.close();
 * ```
 */
export function lmdbStore(options: LmdbStoreOptions): Store {
  const tables = openTables(options.path, options.mapSize);
  const hub = new WakeHub();
  const place = new CommitPlace();
  const commits = new GroupCommit((operations) => commit(tables, hub, place, operations));
  const janitor = new LmdbJanitor(tables, commits, options.sweepIntervalMs ?? 10_000);
  const reader = recordReader(tables);
  const byPath = (path: string) => tables.streams.get(path);
  let closing: Promise<void> | undefined;
  return {
    create: (request) => commits.run(createOperation(request)),
    append: (request) => commits.run(appendOperation(request)),
    delete: async (path) => {
      const outcome = await commits.run(deleteOperation(path));
      janitor.work();
      return outcome;
    },
    touch: (path) => commits.run(touchOperation(path)),
    head: (path) => attempt(tables.path, () => headOf(byPath(path), Date.now())),
    read: (request) =>
      attempt(tables.path, () => readChain(reader, byPath(request.path), request, Date.now())),
    list: (range) => attempt(tables.path, () => listStreams(tables, range)),
    subscribe: (path, listener) => hub.subscribe(path, listener),
    documents: new LmdbDocuments(tables, commits),
    close: () =>
      (closing ??= (async () => {
        await janitor.stop();
        await commits.close();
        await tables.root.close();
      })()),
  };
}

async function commit(
  tables: LmdbTables,
  hub: WakeHub,
  place: CommitPlace,
  operations: readonly Operation<unknown>[],
): Promise<readonly unknown[]> {
  const now = Date.now();
  let outcomes: unknown[] = [];
  let appliedAt = 0;
  const apply = () => {
    const tx = new LmdbTransaction(tables);
    outcomes = operations.map((operation) => operation.apply(tx, now));
    tx.finish();
    appliedAt = performance.now();
  };
  try {
    if (place.isHere(performance.now())) {
      try {
        tables.root.transactionSync(apply);
      } finally {
        // The disk's part of it, also where it failed; the operations take their time in either place.
        if (appliedAt > 0) place.tookHere(performance.now() - appliedAt, performance.now());
      }
    } else {
      // A child, since only that is taken back where an operation throws, as a synchronous one is.
      await tables.root.childTransaction(apply);
    }
  } catch (error) {
    throw await storeError(error, tables.path);
  }
  for (const [index, operation] of operations.entries()) {
    if (operation.isChange(outcomes[index])) hub.wake(operation.path);
  }
  return outcomes;
}

function recordReader(tables: LmdbTables): RecordReader {
  return {
    byId: (id) => {
      const path = tables.paths.get(id);
      return path === undefined ? undefined : tables.streams.get(path);
    },
    data: (streamId, after, upTo, maxBytes) => {
      const found: DataRecord[] = [];
      let bytes = 0;
      const range = { start: [streamId, after + 1], end: [streamId, upTo + 1] };
      for (const { key, value } of tables.data.getRange(range)) {
        found.push({ end: key[1], data: value });
        bytes += value.byteLength;
        if (bytes >= maxBytes) break;
      }
      return found;
    },
  };
}

function listStreams(
  tables: LmdbTables,
  { prefix, after = "", limit }: { prefix: string; after?: string | undefined; limit: number },
): ListedStream[] {
  const listed: ListedStream[] = [];
  const start = after > prefix ? after : prefix;
  for (const { key, value } of tables.streams.getRange({ start })) {
    if (listed.length >= limit || !key.startsWith(prefix)) break;
    if (key === after || headOf(value, Date.now()).status !== "ok") continue;
    listed.push({ path: key, tail: value.tail });
  }
  return listed;
}
