import type { GroupCommit } from "../store/group-commit.ts";
import { touchOperation } from "../store/mutation.ts";
import type { Database } from "./connection/database.ts";

/** So many rows go in one step, so that writers do not wait long behind it. */
const ROWS_A_STEP = 2000;

/** Removes streams whose time has come, and the data of removed ones, a little at a time. */
export class PostgresJanitor {
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void> | undefined;
  #isStopped = false;

  constructor(database: Database, commits: GroupCommit, intervalMs: number) {
    this.#database = database;
    this.#commits = commits;
    this.#timer = setInterval(() => {
      this.work();
    }, intervalMs);
    this.#timer.unref();
  }

  /** Starts to remove and free what is due, if that is not under way. */
  work(): void {
    if (this.#isStopped) return;
    this.#working ??= this.#workOff()
      // A database that is away now may not be at the next interval. Nothing depends on it.
      .catch(() => undefined)
      .finally(() => {
        this.#working = undefined;
      });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#working;
  }

  async #workOff(): Promise<void> {
    const { schema } = this.#database;
    const due = await this.#database.run(
      `SELECT path FROM ${schema}.streams WHERE expiry <= $1::text::bigint LIMIT ${ROWS_A_STEP}`,
      [String(Date.now())],
    );
    // Whoever looks at an expired stream in order to write removes it.
    await Promise.all(due.map(({ path }) => this.#commits.run(touchOperation(path as string))));
    while (!this.#isStopped && (await this.#collectSome()));
  }

  /** Whether there may be more. Processes that do this at once take different streams. */
  #collectSome(): Promise<boolean> {
    const { schema } = this.#database;
    return this.#database.transaction(async (run) => {
      const [garbage] = await run(
        `SELECT stream_id::text AS id FROM ${schema}.garbage LIMIT 1 FOR UPDATE SKIP LOCKED`,
      );
      if (!garbage) return false;
      const id = garbage["id"] as string;
      const remove = (table: string) =>
        run(
          `WITH gone AS (DELETE FROM ${schema}.${table} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM ${schema}.${table} WHERE stream_id = $1::text::bigint
             LIMIT ${ROWS_A_STEP})) RETURNING 1)
           SELECT count(*)::float8 AS n FROM gone`,
          [id],
        );
      const counts = [await remove("data"), await remove("producers")];
      const isDone = counts.every(([row]) => Number(row?.["n"]) < ROWS_A_STEP);
      if (isDone) {
        await run(`DELETE FROM ${schema}.garbage WHERE stream_id = $1::text::bigint`, [id]);
      }
      return true;
    });
  }
}
