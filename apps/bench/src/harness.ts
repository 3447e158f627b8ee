/**
 * How every figure is measured: all contestants do the same work in the same process run, their
 * results are compared before any clock starts, and the rounds are interleaved, so that a slow minute
 * of the machine hits all of them. What is reported is the median of each and the median of the ratios of each round.
 *
 * Nothing forces a garbage collection between rounds: after one, code that both sides had warmed up was
 * measured up to twice as slow. Rounds should be long enough to pay for their own garbage.
 */

/** One way to do the work. `run` does it once and returns its result. */
export interface Contestant<Result> {
  /** What it is, with its version where it is somebody else's: `@smithy/core 3.41.0`. */
  readonly name: string;
  run(): Result | Promise<Result>;
}

export interface Comparison {
  /** The work, as a row of the table: `decode 247-byte frames`. */
  readonly work: string;
  readonly rows: readonly Measurement[];
}

export interface Measurement {
  readonly name: string;
  /** Median time of a round, in milliseconds. */
  readonly medianMs: number;
  /** How many units a second, when the comparison says how many units a round has. */
  readonly perSecond: number | undefined;
  /** How many times faster the first contestant is, the median over the rounds; 1 for itself. */
  readonly ratio: number;
}

export interface CompareOptions<Result> {
  /** Ours first: the ratios are "ours is that many times faster". */
  contestants: readonly [Contestant<Result>, ...Contestant<Result>[]];
  /** Throws, or returns false, when a contestant's result is not what the first one's is. */
  equal: (ours: Result, theirs: Result) => boolean;
  /** Measured rounds of each contestant; at least 7. */
  rounds?: number;
  /** Unmeasured rounds before them. */
  warmUps?: number;
  /** How many things (frames, events, bytes) one round handles. */
  units?: number;
}

/** Runs one comparison. Throws when two contestants do not produce the same result. */
export async function compare<Result>(
  work: string,
  { contestants, equal, rounds = 9, warmUps = 2, units }: CompareOptions<Result>,
): Promise<Comparison> {
  const expected = await contestants[0].run();
  for (const contestant of contestants) {
    if (!equal(expected, await contestant.run())) {
      throw new Error(
        `${work}: ${contestant.name} gives another result than ${contestants[0].name}`,
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
    // Round by round: a slow minute of the machine then weighs on both sides of each ratio.
    const ratio = median((times[index] ?? []).map((time, round) => time / (ours[round] ?? time)));
    return { name, medianMs, perSecond, ratio };
  });
  return { work, rows };
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The `percent`-th percentile (nearest rank), NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}
