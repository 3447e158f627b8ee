import { createRequire } from "node:module";
// The types for require(), which is how it is loaded: those for import do not compile.
import type { Database, open, RootDatabase } from "lmdb" with { "resolution-mode": "require" };
import { checkDataFile } from "./check-data-file.ts";
import { DurableStreamsServerError } from "../store/errors.ts";
import { firstId } from "../store/generation.ts";
import type { StreamRecord } from "../store/stream-record.ts";

/** The layout of the data. A higher number in the file comes from a newer version. */
const LAYOUT_VERSION = 2;

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
  /** Epoch, last sequence number and time of the last use, by stream id and producer id. */
  readonly producers: Database<[number, number, number], [number, string]>;
  /** The producers in the order of their last use: its time, stream id and producer id. */
  readonly producerUses: Database<boolean, [number, number, string]>;
  /** The path of each stream that expires, by the time when it does and its id. */
  readonly expiries: Database<string, [number, number]>;
  /** The ids of removed streams whose data and producers are still there. */
  readonly garbage: Database<boolean, number>;
  readonly documents: Database<{ value: string; version: number }, string>;
  /** The key of each document, by its version. */
  readonly documentVersions: Database<string, number>;
  readonly counters: Database<number, Counter>;
}

export type Counter = "layoutVersion" | "lastId" | "streams" | "lastDocumentVersion" | "settled";

/** An empty table that says whose data this is. */
const MARKER = "freshet-durable-streams";

/** The tables of layout 1, which had no marker. */
const FIRST_TABLES = [
  "streams",
  "paths",
  "data",
  "producers",
  "expiries",
  "garbage",
  "documents",
  "counters",
];

/** @throws DurableStreamsServerError `STORE_INVALID`, `STORE_VERSION`, `STORE_UNAVAILABLE` */
export function openTables(path: string, mapSize: number | undefined): LmdbTables {
  checkDataFile(
    path,
    (names) => names.has(MARKER) || FIRST_TABLES.every((table) => names.has(table)),
  );
  const root = openRoot(path, mapSize);
  root.openDB({ name: MARKER, encoding: "binary" });
  const tables: LmdbTables = {
    path,
    root,
    streams: root.openDB({ name: "streams", encoding: "msgpack" }),
    paths: root.openDB({ name: "paths", encoding: "string" }),
    data: root.openDB({ name: "data", encoding: "binary" }),
    producers: root.openDB({ name: "producers", encoding: "msgpack" }),
    producerUses: root.openDB({ name: "producerUses", encoding: "msgpack" }),
    expiries: root.openDB({ name: "expiries", encoding: "string" }),
    garbage: root.openDB({ name: "garbage", encoding: "msgpack" }),
    documents: root.openDB({ name: "documents", encoding: "msgpack" }),
    documentVersions: root.openDB({ name: "documentVersions", encoding: "string" }),
    counters: root.openDB({ name: "counters", encoding: "msgpack" }),
  };
  migrate(tables);
  return tables;
}

/** The databases of the tables, and the one that holds their names. */
export function databasesOf(tables: LmdbTables): Database[] {
  return Object.entries(tables).flatMap(([name, table]) =>
    name === "path" ? [] : [table as Database],
  );
}

function migrate(tables: LmdbTables): void {
  const { counters, path } = tables;
  const found = counters.get("layoutVersion");
  if (found === undefined) {
    counters.putSync("layoutVersion", LAYOUT_VERSION);
    counters.putSync("lastId", firstId());
  } else if (found === 1) {
    tables.root.transactionSync(() => {
      toLayout2(tables);
    });
  } else if (found > LAYOUT_VERSION) {
    throw new DurableStreamsServerError(
      "STORE_VERSION",
      `The data in ${path} has layout ${found}, and this version supports ${LAYOUT_VERSION}: use a newer version.`,
    );
  }
}

/** Ids become generations, and producers expire: those that are there count as used now. */
function toLayout2({ counters, producers, producerUses }: LmdbTables): void {
  const now = Date.now();
  for (const { key, value } of [...producers.getRange()]) {
    void producers.put(key, [value[0], value[1], now]);
    void producerUses.put([now, ...key], true);
  }
  void counters.put("lastId", Math.max(counters.get("lastId") ?? 0, firstId(now)));
  void counters.put("layoutVersion", 2);
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
    throw cannotOpen(path, cause);
  }
}

export function cannotOpen(path: string, cause: unknown): DurableStreamsServerError {
  if (cause instanceof DurableStreamsServerError) return cause;
  return new DurableStreamsServerError(
    "STORE_UNAVAILABLE",
    `The LMDB store in ${path} cannot be opened (${String(cause)}): expected a folder that this user may write to.`,
    { cause },
  );
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
