import { textsLiteral } from "../connection/array-literal.ts";
import type { Database } from "../connection/database.ts";

interface WatchedPath {
  readers: number;
  /** The id and version that were last seen; `undefined` before the first poll. */
  state: string | undefined;
}

/** Polls the versions of the streams that have live readers. */
export class TailPoller {
  readonly #database: Database;
  readonly #intervalMs: number;
  readonly #onChange: (path: string) => void;
  readonly #watched = new Map<string, WatchedPath>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(database: Database, intervalMs: number, onChange: (path: string) => void) {
    this.#database = database;
    this.#intervalMs = intervalMs;
    this.#onChange = onChange;
  }

  /** @returns a function that ends the watch */
  watch(path: string): () => void {
    const watched = this.#watched.get(path) ?? { readers: 0, state: undefined };
    watched.readers++;
    this.#watched.set(path, watched);
    if (this.#timer === undefined) this.#schedule();
    return () => {
      if (--watched.readers === 0) this.#watched.delete(path);
    };
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#poll(), this.#intervalMs);
  }

  async #poll(): Promise<void> {
    try {
      if (this.#watched.size > 0) await this.#compare();
    } catch {
      // The database is away: the next poll tries again.
    }
    this.#schedule();
  }

  async #compare(): Promise<void> {
    const paths = [...this.#watched.keys()];
    const rows = await this.#database.run(
      `SELECT path, id || ':' || version AS state FROM ${this.#database.schema}.streams
       WHERE path = ANY ($1::text::text[])`,
      [textsLiteral(paths)],
    );
    const states = new Map(rows.map((row) => [row["path"] as string, row["state"] as string]));
    for (const path of paths) {
      const watched = this.#watched.get(path);
      const state = states.get(path) ?? "none";
      if (!watched || watched.state === state) continue;
      watched.state = state;
      this.#onChange(path);
    }
  }
}
