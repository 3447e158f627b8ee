import { createHash } from "node:crypto";

/** The count and the fingerprint of the events at one end of the pipeline. */
export interface TallySummary {
  readonly events: number;
  /** Events whose id was already seen. */
  readonly duplicates: number;
  /** SHA-256 of every event as one line of JSON, in order, in hex. */
  readonly sha256: string;
}

/** Counts and hashes the events at one end of the pipeline. */
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
