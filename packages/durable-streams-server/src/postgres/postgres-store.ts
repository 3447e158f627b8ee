import { positive, timeLimit } from "../store/check-option.ts";
import { DurableStreamsServerError } from "../store/errors.ts";
import {
  appendMutation,
  createMutation,
  deleteMutation,
  touchMutation,
  type Mutation,
} from "../store/mutation.ts";
import type { Store } from "../store/store.ts";
import { Sweeper } from "../store/sweeper.ts";
import { Committer } from "./commit/committer.ts";
import { connector } from "./connection/connect.ts";
import { ConnectionPool } from "./connection/connection-pool.ts";
import { Database } from "./connection/database.ts";
import type { PostgresClient } from "./connection/postgres-client.ts";
import { storeError } from "./connection/postgres-errors.ts";
import { Lanes } from "./lanes.ts";
import { ChangeNotifications } from "./notifications/change-notifications.ts";
import { PostgresDocuments } from "./postgres-documents.ts";
import { PostgresReader } from "./postgres-reader.ts";
import { PostgresSweepSteps } from "./postgres-sweep-steps.ts";

export interface PostgresStoreOptions {
  /** The URL of the database: `postgres://user:password@host:5432/database`. Or give `sql`. */
  url?: string;
  /** A postgres.js client of your own, for TLS and all its other options. `close` leaves it open. */
  sql?: PostgresClient;
  /** The most connections of the pool (default 10). LISTEN takes one more. */
  connections?: number;
  /** The schema of the tables, created if it does not exist (default `durable_streams`). */
  schema?: string;
  /**
   * Polls for changes at this interval, in milliseconds, instead of LISTEN: for poolers that give every
   * transaction another connection (PgBouncer, Supavisor). Readers of other processes see a change that
   * much later.
   */
  pollIntervalMs?: number;
  /**
   * When a statement or transaction without a response is given up, in milliseconds (default 30,000):
   * its outcome is then unknown. A pool that is entirely silent is replaced by a new one; `sql` is not.
   */
  queryTimeoutMs?: number;
  /** @deprecated The former name of `queryTimeoutMs`. */
  answerTimeoutMs?: number;
  /** Whether statements are prepared (default true). Set `false` for poolers that lose them. */
  prepare?: boolean;
  /** How often expired streams are removed and their space freed, in milliseconds (default 10,000). */
  sweepIntervalMs?: number;
}

/**
 * Keeps streams in PostgreSQL, for any number of server processes: durable when acknowledged, with the
 * durability of the database's own commit. The tables are created on first use.
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
  const database = openDatabase(options);
  const notifications = new ChangeNotifications(database, options.pollIntervalMs);
  const committer = new Committer(database, notifications);
  const lanes = new Lanes((mutations) => committer.commit(mutations));
  const steps = new PostgresSweepSteps(database, (mutation) => lanes.run(mutation));
  const sweeper = new Sweeper(steps, options.sweepIntervalMs ?? 10_000);
  const reader = new PostgresReader(database);
  // Both start the sweeper, which a constructor must not.
  const reading = () => {
    sweeper.start();
    return reader;
  };
  const run = <Outcome>(mutation: Mutation<Outcome>) => {
    sweeper.start();
    return lanes.run(mutation);
  };
  let closing: Promise<void> | undefined;
  return {
    create: (request) => run(createMutation(request)),
    append: (request) => run(appendMutation(request)),
    delete: async (path) => {
      const outcome = await run(deleteMutation(path));
      sweeper.sweep();
      return outcome;
    },
    touch: (path) => run(touchMutation(path)),
    head: (path) => reading().head(path).catch(rethrow),
    read: (request) => reading().read(request).catch(rethrow),
    list: (request) => reading().list(request).catch(rethrow),
    subscribe: (path, listener) => notifications.subscribe(path, listener),
    documents: new PostgresDocuments(database),
    close: () =>
      (closing ??= (async () => {
        await sweeper.stop();
        await lanes.close();
        await notifications.close();
        await database.pool.end();
      })()),
  };
}

function openDatabase(options: PostgresStoreOptions): Database {
  const { schema = "durable_streams", url, connections = 10, prepare = true } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new DurableStreamsServerError(
      "INVALID_OPTION",
      `Invalid schema ${JSON.stringify(schema)}: use lower-case letters, digits and underscores.`,
    );
  }
  const queryTimeoutMs = timeLimit(
    "queryTimeoutMs",
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the alias still works
    options.queryTimeoutMs ?? options.answerTimeoutMs ?? 30_000,
  );
  if (!options.sql && url === undefined) {
    throw new DurableStreamsServerError("INVALID_OPTION", "postgresStore needs url or sql.");
  }
  const source = options.sql ?? connector(url ?? "", positive("connections", connections));
  return new Database(new ConnectionPool(source, { prepare, queryTimeoutMs }), schema);
}

function rethrow(error: unknown): never {
  throw storeError(error);
}
