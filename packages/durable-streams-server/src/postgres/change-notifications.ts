import { WakeHub } from "../store/change-hub.ts";
import { textsLiteral } from "./connection/array-literal.ts";
import type { Database } from "./connection/database.ts";

/** A payload of NOTIFY ends at 8,000 bytes; with more streams than this all readers are woken. */
const MAX_KEYS = 900;
const EVERYTHING = "*";

/** How long UNLISTEN may take, in milliseconds. */
const UNLISTEN_MS = 1000;

interface Listening {
  unlisten(): Promise<void>;
}

/**
 * Tells readers of changes, in this process at once and in others through LISTEN and NOTIFY; where a
 * pooler breaks LISTEN, by asking for the tails of the streams that have readers.
 */
export class Wakeups {
  readonly channel: string;
  /** Processes do not listen to themselves. */
  #self: string = newName();
  readonly #hub = new WakeHub();
  readonly #database: Database;
  readonly #pollMs: number | undefined;
  /** What polling last saw of the paths that have readers. */
  readonly #seen = new Map<string, { readers: number; state: string | undefined }>();
  #listening: Promise<Listening | undefined> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @param pollMs - polls so often instead of listening */
  constructor(database: Database, pollMs: number | undefined) {
    this.channel = database.schema;
    this.#database = database;
    this.#pollMs = pollMs;
    database.onReplaced = () => {
      if (!this.#listening) return;
      this.#listening = undefined;
      this.#start();
    };
  }

  subscribe(path: string, listener: () => void): () => void {
    this.#start();
    const seen = this.#seen.get(path) ?? { readers: 0, state: undefined };
    seen.readers++;
    this.#seen.set(path, seen);
    const unsubscribe = this.#hub.subscribe(keyOf(path), listener);
    return () => {
      unsubscribe();
      if (--seen.readers === 0) this.#seen.delete(path);
    };
  }

  /** What to notify other processes of, for these paths; empty for nothing. */
  payload(paths: ReadonlySet<string>): string {
    if (paths.size === 0 || this.#pollMs !== undefined) return "";
    const keys = paths.size > MAX_KEYS ? EVERYTHING : [...paths].map(keyOf).join(",");
    return `${this.#self}:${keys}`;
  }

  /**
   * A batch of this process was given up, and may still be committed: its readers here will hear of it as
   * those elsewhere do.
   */
  listenToOneself(): void {
    this.#self = newName();
  }

  wake(paths: Iterable<string>): void {
    for (const path of paths) this.#hub.wake(keyOf(path));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const unlistened = this.#listening?.then((listening) => listening?.unlisten());
    // A database that is gone does not answer; the end of the pool ends it then.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<void>((resolve) => (timer = setTimeout(resolve, UNLISTEN_MS)));
    await Promise.race([unlistened?.catch(() => undefined), silence]);
    clearTimeout(timer);
  }

  #start(): void {
    if (this.#pollMs !== undefined)
      this.#timer ??= setTimeout(() => void this.#poll(), this.#pollMs);
    else this.#listening ??= this.#listen();
  }

  async #listen(): Promise<Listening | undefined> {
    const { sql } = this.#database;
    try {
      return await sql.listen(
        this.channel,
        (payload) => this.#receive(payload),
        // Also after a lost connection: nobody knows what was said meanwhile.
        () => this.#hub.wakeAll(),
      );
    } catch {
      if (sql !== this.#database.sql) return undefined;
      // The database is away. Readers still read when their wait ends.
      this.#listening = undefined;
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#start(), 1000);
      return undefined;
    }
  }

  #receive(payload: string): void {
    const [sender, keys = ""] = payload.split(":");
    if (sender === this.#self) return;
    if (keys === EVERYTHING) this.#hub.wakeAll();
    else for (const key of keys.split(",")) this.#hub.wake(key);
  }

  async #poll(): Promise<void> {
    try {
      if (this.#seen.size > 0) await this.#compare();
    } catch {
      // Away for now: asked again.
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#poll(), this.#pollMs);
  }

  async #compare(): Promise<void> {
    const paths = [...this.#seen.keys()];
    const rows = await this.#database.run(
      `SELECT path, id || ':' || version AS state FROM ${this.#database.schema}.streams
       WHERE path = ANY ($1::text::text[])`,
      [textsLiteral(paths)],
    );
    const states = new Map(rows.map((row) => [row["path"] as string, row["state"] as string]));
    for (const path of paths) {
      const seen = this.#seen.get(path);
      const state = states.get(path) ?? "none";
      if (!seen || seen.state === state) continue;
      seen.state = state;
      this.#hub.wake(keyOf(path));
    }
  }
}

function newName(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** FNV-1a, 32 bits. Two paths with one key wake each other's readers, who then find nothing. */
function keyOf(path: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) {
    hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
