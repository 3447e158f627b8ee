import { DurableStreamsServerError } from "../../store/errors.ts";
import type { ConnectionPool, Run } from "./connection-pool.ts";

/** The statements of one step. None of them has a semicolon in it. */
type Migration = (schema: string) => string;

/**
 * One step per version of the layout, in order. A step that was released is never changed: every
 * change becomes another step.
 *
 * Rows of `streams` and `producers` are updated all the time. The room left in their pages lets
 * PostgreSQL do that in place, without touching an index.
 */
const migrations: readonly Migration[] = [
  (schema) => `
    CREATE TABLE ${schema}.streams (
      id bigint PRIMARY KEY,
      path text COLLATE "C" NOT NULL UNIQUE,
      version bigint NOT NULL,
      tail bigint NOT NULL,
      expiry bigint,
      record text NOT NULL
    ) WITH (fillfactor = 50);
    CREATE INDEX streams_expiry ON ${schema}.streams (expiry) WHERE expiry IS NOT NULL;
    CREATE SEQUENCE ${schema}.stream_ids;
    CREATE TABLE ${schema}.data (
      stream_id bigint NOT NULL,
      end_position bigint NOT NULL,
      bytes bytea NOT NULL,
      PRIMARY KEY (stream_id, end_position)
    );
    CREATE TABLE ${schema}.producers (
      stream_id bigint NOT NULL,
      producer_id text COLLATE "C" NOT NULL,
      epoch bigint NOT NULL,
      last_seq bigint NOT NULL,
      PRIMARY KEY (stream_id, producer_id)
    ) WITH (fillfactor = 50);
    CREATE TABLE ${schema}.garbage (stream_id bigint PRIMARY KEY);
    CREATE SEQUENCE ${schema}.document_versions;
    CREATE TABLE ${schema}.documents (
      key text COLLATE "C" PRIMARY KEY,
      value text NOT NULL,
      version bigint NOT NULL
    );`,
];

/** The layout that this version writes. */
export const LAYOUT_VERSION: number = migrations.length;

/** The tables that processes of an earlier version may be writing to. */
const writtenTables = ["streams", "data", "producers", "garbage", "documents"];

/** The key of the advisory lock: any number that nobody else in the database uses. */
const LOCK = 4_437_001;

/**
 * Creates the tables, or brings them up to date. Processes that start together take turns.
 *
 * @param steps - all steps from the first layout on
 */
export async function migrate(
  pool: ConnectionPool,
  schema: string,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  // Most starts find nothing to do, and find that out within the time limit of a query.
  const found = await pool.transaction((run) => layoutVersion(run, schema, steps.length));
  if (found === steps.length) return;
  await pool.transaction(async (run) => {
    await run(`SELECT pg_advisory_xact_lock(${LOCK})`);
    let version = await layoutVersion(run, schema, steps.length); // another process may have been faster
    if (version === undefined) {
      await run(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await run(`CREATE TABLE ${schema}.layout (version integer NOT NULL)`);
      await run(`INSERT INTO ${schema}.layout VALUES (0)`);
      version = 0;
    }
    if (version > 0 && version < steps.length) {
      // Waits for the writers that run now. Those of an earlier version that follow wait for the end of
      // this transaction, see the new version, and write nothing.
      const tables = writtenTables.map((table) => `${schema}.${table}`);
      await run(`LOCK TABLE ${tables.join(", ")} IN EXCLUSIVE MODE`);
    }
    for (const migration of steps.slice(version)) {
      for (const statement of migration(schema).split(";"))
        if (statement.trim()) await run(statement);
    }
    if (version < steps.length) {
      await run(`UPDATE ${schema}.layout SET version = ${steps.length}`);
    }
    // Without a time limit: half of a migration is none.
  }, Infinity);
}

/** The version of the existing layout; `undefined` if there is none. */
async function layoutVersion(
  run: Run,
  schema: string,
  supported: number,
): Promise<number | undefined> {
  const [found] = await run(`SELECT to_regclass('${schema}.layout') IS NOT NULL AS exists`);
  if (!found?.["exists"]) return undefined;
  const [row] = await run(`SELECT version FROM ${schema}.layout`);
  const version = Number(row?.["version"]);
  if (version <= supported) return version;
  throw new DurableStreamsServerError(
    "STORE_VERSION",
    `The schema ${schema} has layout ${version}, and this version supports ${supported}: use a newer version.`,
  );
}
