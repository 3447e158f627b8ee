import { ignoreRejection } from "@freshet/core";
import type { ReaderReport, WorkerReport } from "../protocol/processes.ts";
import type { TallySummary } from "../protocol/tally.ts";

/** The longest silence of all processes before the run counts as stuck, in milliseconds. */
const stuckAfterMs = 120_000;

/** What worker and reader counted in a run that is complete. */
export interface RunCounts {
  readonly written: TallySummary;
  readonly read: TallySummary;
  readonly reconnects: number;
}

/** Waits until the worker has stored its last event and the reader has read its last one. */
export class RunProgress {
  readonly #completed: Promise<RunCounts>;
  #resolve!: (counts: RunCounts) => void;
  #reject!: (error: Error) => void;
  #written: TallySummary | undefined;
  #read: TallySummary | undefined;
  #reconnects = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(signal: AbortSignal) {
    this.#completed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#completed.catch(ignoreRejection);
    signal.addEventListener("abort", () => this.#reject(signal.reason as Error), { once: true });
    this.#restartTimer();
  }

  async completed(): Promise<RunCounts> {
    try {
      return await this.#completed;
    } finally {
      // A report after the end must not start the timer again.
      this.#isOver = true;
      clearTimeout(this.#timer);
    }
  }

  readonly fail = (message: string): void => this.#reject(new Error(message));

  readonly onWorker = (report: WorkerReport): void => {
    this.#restartTimer();
    if (report.kind === "failed") this.fail(`The worker failed: ${report.message}`);
    if (report.kind === "stored") this.#written = report.tally;
    this.#check();
  };

  readonly onReader = (report: ReaderReport): void => {
    this.#restartTimer();
    if (report.kind === "failed") this.fail(`The reader failed: ${report.message}`);
    if (report.kind === "reconnected") this.#reconnects++;
    if (report.kind === "ended") this.#read = report.tally;
    this.#check();
  };

  #check(): void {
    if (!this.#written || !this.#read) return;
    this.#resolve({ written: this.#written, read: this.#read, reconnects: this.#reconnects });
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const message = `No process has reported anything for ${stuckAfterMs / 1000} seconds: the run is stuck.`;
    this.#timer = setTimeout(() => this.fail(message), stuckAfterMs);
  }
}
