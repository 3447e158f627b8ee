/** For so long the time of the database is told from this process's own clock, in milliseconds. */
const MAX_AGE_MS = 60_000;

/** The two clocks of this process may run apart by so much before a sample is given up, in milliseconds. */
const MAX_DRIFT_MS = 1000;

interface Sample {
  readonly database: number;
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * The clock of the database, which decides for all processes when a stream expires. Between two samples
 * its time is told with the monotonic clock of this process, which nobody sets.
 */
export class DatabaseClock {
  #sample: Sample | undefined;
  #differenceMs = 0;

  /** How far the clock of this machine is ahead of the database's, in milliseconds. */
  get differenceMs(): number {
    return this.#differenceMs;
  }

  /**
   * @param database - the time of the database, in milliseconds since 1970
   * @param sentAt - when it was queried, as `performance.now()`
   */
  observe(database: number, sentAt: number): void {
    const monotonic = performance.now();
    const wall = Date.now();
    this.#sample = { database, wall, monotonic };
    // The database read its clock between the request and the response.
    this.#differenceMs = wall - (monotonic - sentAt) / 2 - database;
  }

  /**
   * The time of the database, or a little less; `undefined` without a sample to tell it from: none yet, an
   * old one, or one from before the machine was suspended.
   */
  now(): number | undefined {
    const sample = this.#sample;
    if (!sample) return undefined;
    const age = performance.now() - sample.monotonic;
    const drift = Date.now() - sample.wall - age;
    if (age > MAX_AGE_MS || Math.abs(drift) > MAX_DRIFT_MS) return undefined;
    return sample.database + age;
  }
}
