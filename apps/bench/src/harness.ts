/**
 * Measures every figure: all contestants have the same workload in one run of one process, their results
 * are compared before any clock starts, and the rounds are interleaved, so that a slow minute of the
 * machine affects all of them. The report has the median time of each, and the median over the rounds of
 * their ratios.
 *
 * No garbage collection is forced between rounds: after one, code that was warm on both sides ran up to
 * twice as slowly. Rounds should be long enough to collect their own garbage.
 */

/** One implementation of a workload. `run` executes it once and returns its result. */
export interface Contestant<Result> {
  /** Its name, with the version if it is a peer: `@smithy/core 3.41.0`. */
  readonly name: string;
  run(): Result | Promise<Result>;
}

export interface Comparison {
  /** The workload, as a row of the table: `decode 247-byte frames`. */
  readonly workload: string;
  readonly rows: readonly Measurement[];
}

export interface Measurement {
  readonly name: string;
  /** Median time of a round, in milliseconds. */
  readonly medianMs: number;
  /** Units per second, if the comparison has units. */
  readonly perSecond: number | undefined;
  /** How many times faster the first contestant is, the median over the rounds; 1 for itself. */
  readonly ratio: number;
}

export interface CompareOptions<Result> {
  /** Ours first: the ratios are how many times faster it is than the others. */
  contestants: readonly [Contestant<Result>, ...Contestant<Result>[]];
  /** Throws or returns false if a contestant's result differs from the first one's. */
  equal: (ours: Result, theirs: Result) => boolean;
  /** Measured rounds of each contestant, at least 7. */
  rounds?: number;
  /** Unmeasured rounds before them. */
  warmUps?: number;
  /** The number of units (frames, events, bytes) in one round. */
  units?: number;
}

/** Runs one comparison. Throws if two contestants do not produce the same result. */
export async function compare<Result>(
  workload: string,
  { contestants, equal, rounds = 9, warmUps = 2, units }: CompareOptions<Result>,
): Promise<Comparison> {
  const expected = await contestants[0].run();
  for (const contestant of contestants) {
    if (!equal(expected, await contestant.run())) {
      throw new Error(
        `${workload}: ${contestant.name} has another result than ${contestants[0].name}.`,
      );
    }
  }
  const times = contestants.map((): number[] => []);
  for (let round = -warmUps; round < Math.max(7, rounds); round++) {
    for (const [index, contestant] of contestants.entries()) {
      const start = performance.now();
      await contestant.run();
      const elapsed = performance.now() - start;
      if (round >= 0) times[index]?.push(elapsed);
    }
  }
  const medians = times.map(median);
  const ours = times[0] ?? [];
  const rows = contestants.map(({ name }, index): Measurement => {
    const medianMs = medians[index] ?? Number.NaN;
    const perSecond = units === undefined ? undefined : (units / medianMs) * 1000;
    // Round by round, so that a slow minute of the machine affects both sides of a ratio.
    const ratio = median((times[index] ?? []).map((time, round) => time / (ours[round] ?? time)));
    return { name, medianMs, perSecond, ratio };
  });
  return { workload, rows };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Returns the `percent`-th percentile (nearest rank), NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}
