import type { Logger } from "../../store/logger.ts";
import type { StoreMetric } from "../../store/store-metric.ts";

/** Clocks that differ by more are worth a warning, in milliseconds. */
const MAX_DIFFERENCE_MS = 5000;

/** Reports how far the clocks of this machine and of the database differ. */
export class ClockWatch {
  readonly #logger: Logger | undefined;
  readonly #onMetric: ((metric: StoreMetric) => void) | undefined;
  #isWarned = false;

  constructor(logger: Logger | undefined, onMetric: ((metric: StoreMetric) => void) | undefined) {
    this.#logger = logger;
    this.#onMetric = onMetric;
  }

  /** @param differenceMs - how far this machine's clock is ahead */
  report(differenceMs: number): void {
    this.#sendMetric(differenceMs);
    const isWrong = Math.abs(differenceMs) > MAX_DIFFERENCE_MS;
    if (isWrong && !this.#isWarned) {
      this.#logger?.warn(
        { differenceMs },
        "the clocks of this machine and of the database differ by more than 5 s: set both by NTP. Streams expire by the database's",
      );
    }
    this.#isWarned = isWrong;
  }

  /** A metrics hook that throws must not stop the sweeps. */
  #sendMetric(differenceMs: number): void {
    try {
      this.#onMetric?.({ type: "clockDifference", differenceMs });
    } catch (err) {
      this.#logger?.error({ err, metric: "clockDifference" }, "onMetric failed");
    }
  }
}
