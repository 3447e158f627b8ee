import { createRequire } from "node:module";
// The types for require(), which is how it is loaded: those for import do not compile.
import type { Database, open, RootDatabase } from "lmdb" with { "resolution-mode": "require" };
import { DurableStreamsServerError } from "../store/errors.ts";
import type { StreamRecord } from "../store/stream-record.ts";

/** The layout of the data. A higher number in the file comes from a newer version. */
const LAYOUT_VERSION = 1;

/** The tables of a store. Keys with numbers in them sort by number. */
export interface LmdbTables {
  /** The folder. */
  readonly path: string;
  readonly root: RootDatabase;
  /** By path. */
  readonly streams: Database<StreamRecord, string>;
  /** The path of each id. */
  readonly paths: Database<string, number>;
  /** By stream id and the position after the record. */
  readonly data: Database<Buffer, [number, number]>;
  /** Epoch and last sequence number, by stream id and producer id. */
  readonly producers: Database<[number, number], [number, string]>;
  /** The path of each stream that expires, by the time when it does and its id. */
  readonly expiries: Database<string, [number, number]>;
  /** The ids of removed streams whose data and producers are still there. */
  readonly garbage: Database<boolean, number>;
  readonly documents: Database<{ value: string; version: number }, string>;
  /** The key of each document, by its version. */
  readonly documentVersions: Database<string, number>;
  readonly counters: Database<number, Counter>;
}

export type Counter = "layoutVersion" | "lastId" | "streams" | "lastDocumentVersion";

export function openTables(path: string, mapSize: number | undefined): LmdbTables {
  const root = openRoot(path, mapSize);
  const tables: LmdbTables = {
    path,
    root,
    streams: root.openDB({ name: "streams", encoding: "msgpack" }),
    paths: root.openDB({ name: "paths", encoding: "string" }),
    data: root.openDB({ name: "data", encoding: "binary" }),
    producers: root.openDB({ name: "producers", encoding: "msgpack" }),
    expiries: root.openDB({ name: "expiries", encoding: "string" }),
    garbage: root.openDB({ name: "garbage", encoding: "msgpack" }),
    documents: root.openDB({ name: "documents", encoding: "msgpack" }),
    documentVersions: root.openDB({ name: "documentVersions", encoding: "string" }),
    counters: root.openDB({ name: "counters", encoding: "msgpack" }),
  };
  const found = tables.counters.get("layoutVersion");
  if (found === undefined) tables.counters.putSync("layoutVersion", LAYOUT_VERSION);
  else if (found > LAYOUT_VERSION) {
    throw new DurableStreamsServerError(
      "STORE_VERSION",
      `The data in ${path} has layout ${found}, and this version supports ${LAYOUT_VERSION}: use a newer version.`,
    );
  }
  return tables;
}

function openRoot(path: string, mapSize: number | undefined): RootDatabase {
  const { open } = loadLmdb();
  try {
    return open({
      path,
      // Otherwise a name with a dot in it would be a file.
      noSubdir: false,
      maxDbs: 16,
      // A commit that readers see has been flushed: nobody reads what a crash could take back.
      overlappingSync: false,
      // Batching by turns makes promises that nobody can catch when a commit fails. All writes here are
      // in transactions anyway.
      eventTurnBatching: false,
      ...(mapSize !== undefined && { mapSize }),
    });
  } catch (cause) {
    throw new DurableStreamsServerError(
      "STORE_UNAVAILABLE",
      `The LMDB store in ${path} cannot be opened (${String(cause)}): expected a folder that this user may write to.`,
      { cause },
    );
  }
}

/** An optional peer, loaded when a store is made, so that the error can say what to do. */
function loadLmdb(): { open: typeof open } {
  try {
    return createRequire(import.meta.url)("lmdb") as { open: typeof open };
  } catch (cause) {
    throw new DurableStreamsServerError(
      "PEER_MISSING",
      "lmdbStore needs the package lmdb: npm install lmdb",
      { cause },
    );
  }
}
