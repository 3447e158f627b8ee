import { timeLimit } from "../store/check-option.ts";
import { createRequire } from "node:module";
import { DurableStreamsServerError } from "../store/errors.ts";
import { GroupCommit } from "../store/group-commit.ts";
import {
  appendOperation,
  createOperation,
  deleteOperation,
  touchOperation,
  type Operation,
} from "../store/mutation.ts";
import type { Store } from "../store/store.ts";
import { Committer } from "./commit/committer.ts";
import { Database } from "./connection/database.ts";
import type { PostgresClient } from "./connection/postgres-client.ts";
import { PostgresDocuments } from "./postgres-documents.ts";
import { storeError } from "./connection/postgres-errors.ts";
import { PostgresJanitor } from "./postgres-sweep.ts";
import { StreamReader } from "./stream-reader.ts";
import { Wakeups } from "./change-notifications.ts";

export interface PostgresStoreOptions {
  /** Where the database is: `postgres://user:password@host:5432/database`. Or give `sql`. */
  url?: string;
  /** A postgres.js client of your own, for TLS and everything else it can. `close` leaves it open. */
  sql?: PostgresClient;
  /** The most connections of the pool (default 10). LISTEN takes one more. */
  connections?: number;
  /** The schema of the tables, made if it does not exist (default `durable_streams`). */
  schema?: string;
  /**
   * Asks for changes so often, in milliseconds, instead of LISTEN: for poolers that give every
   * transaction another connection (PgBouncer, Supavisor). Adds so much to the latency of readers
   * of other processes.
   */
  pollIntervalMs?: number;
  /**
   * What PostgreSQL has not answered by then is given up, in milliseconds (default 30,000): the
   * outcome is unknown, and a pool that is silent altogether is replaced by a new one. `sql` is not.
   */
  answerTimeoutMs?: number;
  /** Prepared statements (default true). `false` for poolers that lose them. */
  prepare?: boolean;
  /** How often expired streams are looked for and freed, in milliseconds (default 10,000). */
  sweepIntervalMs?: number;
}

/** Batches that are under way at once, each with streams of its own. */
const LANES = 2;

/**
 * Streams in PostgreSQL, for any number of server processes at once: durable when acknowledged, with
 * the durability of the database's own commit. The tables are made on first use.
 *
 * @throws DurableStreamsServerError `PEER_MISSING` without the package postgres, `INVALID_OPTION`
 * @example
 * ```ts
 * import { createDurableStreams } from "@freshet/durable-streams-server";
 * import { postgresStore } from "@freshet/durable-streams-server/postgres";
 *
 * const store = postgresStore({ url: "postgres://localhost/streams" });
 * const streams = createDurableStreams({ store });
 * ```
 */
export function postgresStore(options: PostgresStoreOptions): Store {
  const { schema = "durable_streams" } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new DurableStreamsServerError(
      "INVALID_OPTION",
      `schema is ${JSON.stringify(schema)}: use lower-case letters, digits and underscores.`,
    );
  }
  const { prepare = true } = options;
  const answerTimeoutMs = timeLimit("answerTimeoutMs", options.answerTimeoutMs ?? 30_000);
  const database = new Database(options.sql ?? connector(options), {
    schema,
    prepare,
    answerTimeoutMs,
  });
  const wakeups = new Wakeups(database, options.pollIntervalMs);
  const committer = new Committer(database, wakeups);
  const lanes = Array.from(
    { length: LANES },
    () => new GroupCommit((operations) => committer.commit(operations)),
  );
  const [firstLane = new GroupCommit(() => Promise.resolve([]))] = lanes;
  const run = <Outcome>(operation: Operation<Outcome>) =>
    (lanes[laneOf(operation.path)] ?? firstLane).run(operation);
  const janitor = new PostgresJanitor(database, firstLane, options.sweepIntervalMs ?? 10_000);
  const reader = new StreamReader(database);
  let closing: Promise<void> | undefined;
  return {
    create: (request) => run(createOperation(request)),
    append: (request) => run(appendOperation(request)),
    delete: async (path) => {
      const outcome = await run(deleteOperation(path));
      janitor.work();
      return outcome;
    },
    touch: (path) => run(touchOperation(path)),
    head: (path) => reader.head(path).catch(rethrow),
    read: (request) => reader.read(request).catch(rethrow),
    list: (range) => reader.list(range).catch(rethrow),
    subscribe: (path, listener) => wakeups.subscribe(path, listener),
    documents: new PostgresDocuments(database),
    close: () =>
      (closing ??= (async () => {
        await janitor.stop();
        await Promise.all(lanes.map((lane) => lane.close()));
        await wakeups.close();
        await database.end();
      })()),
  };
}

function rethrow(error: unknown): never {
  throw storeError(error);
}

function laneOf(path: string): number {
  let hash = 0;
  for (let i = 0; i < path.length; i++) hash = (Math.imul(hash, 31) + path.charCodeAt(i)) | 0;
  return (hash >>> 0) % LANES;
}

/** An optional peer: loaded when a store is made, so that the error can say what to do. */
function connector({ url, connections = 10 }: PostgresStoreOptions): () => PostgresClient {
  if (url === undefined) {
    throw new DurableStreamsServerError("INVALID_OPTION", "postgresStore needs url or sql.");
  }
  let postgres: (url: string, options: object) => PostgresClient;
  try {
    postgres = createRequire(import.meta.url)("postgres") as typeof postgres;
  } catch (cause) {
    throw new DurableStreamsServerError(
      "PEER_MISSING",
      "postgresStore needs the package postgres: npm install postgres",
      { cause },
    );
  }
  const settings = {
    max: connections,
    // Nothing here needs the catalog's types.
    fetch_types: false,
    connect_timeout: 10,
    // A database that comes back is found within a second.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    connection: { application_name: "durable-streams" },
    onnotice: () => undefined,
  };
  return () => postgres(url, settings);
}
