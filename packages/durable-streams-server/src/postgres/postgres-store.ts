import {
  aBoolean,
  aFunction,
  nonEmptyString,
  secret,
  timeLimit,
  wholeNumber,
  type OptionRules,
} from "@freshet/core";
import { disposable, type DisposableStore } from "../store/disposable-store.ts";
import {
  appendMutation,
  createMutation,
  deleteMutation,
  touchMutation,
  type Mutation,
} from "../store/mutation.ts";
import { DEFAULT_EXPIRY_GRACE_MS, ExpiryGrace } from "../store/expiry-grace.ts";
import type { Logger } from "../store/logger.ts";
import {
  aLogger,
  expectOptions,
  gracePeriod,
  invalidOption,
  timerInterval,
} from "../store/options.ts";
import { Sweeper } from "../store/sweeper.ts";
import type { StoreMetric } from "../store/store-metric.ts";
import { Committer } from "./commit/committer.ts";
import { ClockWatch } from "./connection/clock-watch.ts";
import { connector } from "./connection/connect.ts";
import { ConnectionPool } from "./connection/connection-pool.ts";
import { Database } from "./connection/database.ts";
import type { PostgresClient } from "./connection/postgres-client.ts";
import { rethrow } from "./connection/postgres-errors.ts";
import { Lanes } from "./lanes.ts";
import { ChangeNotifications } from "./notifications/change-notifications.ts";
import { PostgresDocuments } from "./postgres-documents.ts";
import { PostgresReader } from "./postgres-reader.ts";
import { PostgresSweepSteps } from "./postgres-sweep-steps.ts";

export interface PostgresStoreOptions {
  /** The URL of the database: `postgres://user:password@host:5432/database`. Or give `sql`. */
  url?: string | undefined;
  /** A postgres.js client of your own, for TLS and all its other options. `close` leaves it open. */
  sql?: PostgresClient | undefined;
  /** The most connections of the pool (default 10). LISTEN takes one more. */
  connections?: number | undefined;
  /** The schema of the tables, created if it does not exist (default `durable_streams`). */
  schema?: string | undefined;
  /**
   * Polls for changes at this interval, in milliseconds, instead of LISTEN: for poolers that give every
   * transaction another connection (PgBouncer, Supavisor). Readers of other processes see a change that
   * much later.
   */
  pollIntervalMs?: number | undefined;
  /**
   * When a statement or transaction without a response is given up, in milliseconds (default 30,000):
   * its outcome is then unknown. A pool that is entirely silent is replaced by a new one; `sql` is not.
   */
  queryTimeoutMs?: number | undefined;
  /** @deprecated The former name of `queryTimeoutMs`. */
  answerTimeoutMs?: number | undefined;
  /** Whether statements are prepared (default true). Set `false` for poolers that lose them. */
  prepare?: boolean | undefined;
  /** How often expired streams are removed and their space freed, in milliseconds (default 10,000). */
  sweepIntervalMs?: number | undefined;
  /**
   * How long the data of an expired stream is kept, in milliseconds (default 600,000). Nobody can read it
   * then; but if the database's clock was wrong and is put right within that time, the stream is back.
   */
  expiryGraceMs?: number | undefined;
  /** Called at every sweep with how far the clocks of this machine and the database differ. */
  onMetric?: ((metric: StoreMetric) => void) | undefined;
  /** Warned when the clocks differ by more than five seconds. */
  logger?: Logger | undefined;
}

const rules: OptionRules<PostgresStoreOptions> = {
  // It may contain a password.
  url: secret(nonEmptyString),
  sql: {
    expected: "a postgres.js client",
    accepts: (value) => typeof (value as PostgresClient | null)?.unsafe === "function",
  },
  connections: wholeNumber(1),
  // It becomes part of statements.
  schema: {
    expected: "up to 63 lower-case letters, digits and underscores, no digit first",
    accepts: (value) => typeof value === "string" && /^[a-z_][a-z0-9_]{0,62}$/.test(value),
  },
  pollIntervalMs: timerInterval,
  queryTimeoutMs: timeLimit,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the alias still works
  answerTimeoutMs: timeLimit,
  prepare: aBoolean,
  sweepIntervalMs: timerInterval,
  expiryGraceMs: gracePeriod,
  onMetric: aFunction,
  logger: aLogger,
};

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
export function postgresStore(options: PostgresStoreOptions): DisposableStore {
  expectOptions(options, rules);
  const database = openDatabase(options);
  const notifications = new ChangeNotifications(database, options.pollIntervalMs);
  const committer = new Committer(database, notifications);
  const lanes = new Lanes((mutations) => committer.commit(mutations));
  const steps = new PostgresSweepSteps(database, (mutation) => lanes.run(mutation), {
    grace: new ExpiryGrace(options.expiryGraceMs ?? DEFAULT_EXPIRY_GRACE_MS),
    clockWatch: new ClockWatch(options.logger, options.onMetric),
  });
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
  return disposable({
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
  });
}

function openDatabase(options: PostgresStoreOptions): Database {
  const { schema = "durable_streams", url, connections = 10, prepare = true } = options;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the alias still works
  const queryTimeoutMs = options.queryTimeoutMs ?? options.answerTimeoutMs ?? 30_000;
  const source = options.sql ?? (url === undefined ? undefined : connector(url, connections));
  if (!source) throw invalidOption("url and sql are missing: postgresStore needs one of them.");
  return new Database(new ConnectionPool(source, { prepare, queryTimeoutMs }), schema);
}
