import type { ExpiryGrace } from "../store/expiry-grace.ts";
import { idleSince } from "../store/idle-producers.ts";
import { expiryMutation, forgetProducersMutation, type Mutation } from "../store/mutation.ts";
import type { SweepSteps } from "../store/sweeper.ts";
import type { ClockWatch } from "./connection/clock-watch.ts";
import type { Run } from "./connection/connection-pool.ts";
import type { Database } from "./connection/database.ts";

type RunMutation = <Outcome>(mutation: Mutation<Outcome>) => Promise<Outcome>;

/** How many rows one step removes at most. */
const ROWS_PER_STEP = 2000;

export interface PostgresSweepOptions {
  readonly grace: ExpiryGrace;
  readonly clockWatch: ClockWatch;
  readonly producerIdleMs: number;
}

/** The steps of a sweep in PostgreSQL. */
export class PostgresSweepSteps implements SweepSteps {
  readonly #database: Database;
  readonly #run: RunMutation;
  readonly #grace: ExpiryGrace;
  readonly #clockWatch: ClockWatch;
  readonly #producerIdleMs: number;

  constructor(
    database: Database,
    run: RunMutation,
    { grace, clockWatch, producerIdleMs }: PostgresSweepOptions,
  ) {
    this.#database = database;
    this.#run = run;
    this.#grace = grace;
    this.#clockWatch = clockWatch;
    this.#producerIdleMs = producerIdleMs;
  }

  async expire(): Promise<boolean> {
    const now = await this.#database.now();
    this.#clockWatch.report(this.#database.clock.differenceMs);
    const isFull = await this.#removeDue(this.#grace.cutoff(now));
    const hasForgotten = await this.#forgetIdle(now);
    return isFull || hasForgotten;
  }

  async #removeDue(cutoff: number): Promise<boolean> {
    if (cutoff === -Infinity) return false;
    const due = await this.#database.run(
      `SELECT path FROM ${this.#database.schema}.streams
       WHERE expiry <= $1::text::bigint LIMIT ${ROWS_PER_STEP}`,
      [String(cutoff)],
    );
    await Promise.all(due.map(({ path }) => this.#run(expiryMutation(path as string, cutoff))));
    return due.length === ROWS_PER_STEP;
  }

  /** Forgets idle producers, in the same steps as the appends to their streams. */
  async #forgetIdle(now: number): Promise<boolean> {
    const { schema } = this.#database;
    const streams = await this.#database.run(
      `SELECT DISTINCT path FROM (
         SELECT stream_id FROM ${schema}.producers
         WHERE used_at <= $1::text::bigint ORDER BY used_at LIMIT ${ROWS_PER_STEP}) AS idle
       JOIN ${schema}.streams ON id = stream_id`,
      [String(idleSince(now, this.#producerIdleMs))],
    );
    const counts = await Promise.all(
      streams.map(({ path }) =>
        this.#run(forgetProducersMutation(path as string, this.#producerIdleMs)),
      ),
    );
    return counts.some((count) => count > 0);
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
