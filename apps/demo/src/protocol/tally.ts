import { createHash } from "node:crypto";

/** What one end of the way counted. */
export interface TallySummary {
  readonly events: number;
  /** Events whose id had been there before. */
  readonly duplicates: number;
  /** SHA-256 of every event as one line of JSON, in order, in hex. */
  readonly sha256: string;
}

/** Counts and fingerprints the events that pass one end of the way. */
export class Tally {
  #events = 0;
  #duplicates = 0;
  readonly #ids = new Set<string>();
  readonly #hash = createHash("sha256");

  add(event: object, id?: string): void {
    if (id !== undefined && this.#ids.has(id)) this.#duplicates++;
    if (id !== undefined) this.#ids.add(id);
    this.#events++;
    this.#hash.update(`${JSON.stringify(event)}\n`);
  }

  summary(): TallySummary {
    const sha256 = this.#hash.copy().digest("hex");
    return { events: this.#events, duplicates: this.#duplicates, sha256 };
  }
}
