import type { ExpiryGrace } from "../store/expiry-grace.ts";
import { expiryMutation, type Mutation } from "../store/mutation.ts";
import type { SweepSteps } from "../store/sweeper.ts";
import type { ClockWatch } from "./connection/clock-watch.ts";
import type { Run } from "./connection/connection-pool.ts";
import type { Database } from "./connection/database.ts";

/** How many rows one step removes at most. */
const ROWS_PER_STEP = 2000;

/** The steps of a sweep in PostgreSQL. */
export class PostgresSweepSteps implements SweepSteps {
  readonly #database: Database;
  readonly #run: (mutation: Mutation<void>) => Promise<void>;
  readonly #grace: ExpiryGrace;
  readonly #clockWatch: ClockWatch;

  constructor(
    database: Database,
    run: (mutation: Mutation<void>) => Promise<void>,
    { grace, clockWatch }: { readonly grace: ExpiryGrace; readonly clockWatch: ClockWatch },
  ) {
    this.#database = database;
    this.#run = run;
    this.#grace = grace;
    this.#clockWatch = clockWatch;
  }

  async expire(): Promise<boolean> {
    const now = await this.#database.now();
    this.#clockWatch.report(this.#database.clock.differenceMs);
    const cutoff = this.#grace.cutoff(now);
    if (cutoff === -Infinity) return false;
    const due = await this.#database.run(
      `SELECT path FROM ${this.#database.schema}.streams
       WHERE expiry <= $1::text::bigint LIMIT ${ROWS_PER_STEP}`,
      [String(cutoff)],
    );
    await Promise.all(due.map(({ path }) => this.#run(expiryMutation(path as string, cutoff))));
    return due.length === ROWS_PER_STEP;
  }

  /** Processes that do this at the same time take different streams. */
  free(): Promise<boolean> {
    const { schema } = this.#database;
    return this.#database.transaction(async (run) => {
      const [garbage] = await run(
        `SELECT stream_id::text AS id FROM ${schema}.garbage LIMIT 1 FOR UPDATE SKIP LOCKED`,
      );
      if (!garbage) return false;
      await this.#database.check(run);
      const id = garbage["id"] as string;
      const counts = [
        await this.#removeRows(run, "data", id),
        await this.#removeRows(run, "producers", id),
      ];
      if (counts.every((count) => count < ROWS_PER_STEP)) {
        await run(`DELETE FROM ${schema}.garbage WHERE stream_id = $1::text::bigint`, [id]);
      }
      return true;
    });
  }

  async #removeRows(run: Run, table: "data" | "producers", streamId: string): Promise<number> {
    const name = `${this.#database.schema}.${table}`;
    const [row] = await run(
      `WITH gone AS (DELETE FROM ${name} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${name} WHERE stream_id = $1::text::bigint
         LIMIT ${ROWS_PER_STEP})) RETURNING 1)
       SELECT count(*)::float8 AS n FROM gone`,
      [streamId],
    );
    return Number(row?.["n"]);
  }
}
