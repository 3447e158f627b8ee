/** How long the data of an expired stream is kept unless an option says otherwise: ten minutes. */
export const DEFAULT_EXPIRY_GRACE_MS: number = 600_000;

/** A grace period is told in so many parts. */
const PARTS = 100;

interface Sample {
  /** By the monotonic clock. */
  readonly at: number;
  now: number;
}

/**
 * Decides when the data of an expired stream goes, which nobody can take back. It goes when this process
 * has seen the stream expired throughout the grace period, told with a clock that nobody sets: a clock
 * that is days ahead removes nothing if it is put right within that time.
 */
export class ExpiryGrace {
  readonly #graceMs: number;
  /** Oldest first; the oldest is as old as the grace period, or the first of all. */
  readonly #samples: Sample[] = [];

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /**
   * Call it at every sweep.
   *
   * @param now - the time that streams expire by
   * @returns the latest expiry of streams whose data may go; `-Infinity` for none
   */
  cutoff(now: number): number {
    const at = performance.now();
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last && at - last.at < this.#graceMs / PARTS) last.now = Math.min(last.now, now);
    else samples.push({ at, now });
    while (samples[1] && at - samples[1].at >= this.#graceMs) samples.shift();
    const isLongEnough = at - (samples[0]?.at ?? at) >= this.#graceMs;
    return isLongEnough ? Math.min(...samples.map((sample) => sample.now)) : -Infinity;
  }
}
