import type { Answer } from "../pipeline/response-source.ts";
import type { DemoEvent } from "../protocol/events.ts";
import { type PlannedFault, planFaults } from "../faults/fault-plan.ts";
import type { DemoOptions } from "../cli/options.ts";
import { seededRandom } from "../faults/random.ts";
import type { ReaderReport, ReadCommand } from "../services/reader.ts";
import type { WorkerReport } from "../services/worker.ts";
import { summarise, type Summary } from "./summary.ts";
import type { Supervisor } from "../pipeline/supervisor.ts";
import { Tally, type TallySummary } from "../protocol/tally.ts";
import type { Display } from "../cli/terminal.ts";
import type { Way } from "../pipeline/pipeline.ts";

/** The longest silence of all processes before the run counts as stuck, in milliseconds. */
const stuckAfterMs = 120_000;

export interface RunOptions {
  readonly demo: DemoOptions;
  readonly supervisor: Supervisor;
  readonly way: Way;
  readonly display: Display;
  readonly answer: Answer;
  readonly signal: AbortSignal;
}

/** Asks one question, breaks the way again and again, and counts what came out of it. */
export async function runDemo(options: RunOptions): Promise<Summary> {
  const { demo, answer, supervisor, display, way } = options;
  const ends = new BothEnds(options.signal);
  way.reports.on("worker", ends.workerSaid);
  way.reports.on("crash", ends.fail);
  try {
    const reader = await supervisor.start<ReaderReport>("reader", {
      config: {},
      onReport: (report) => {
        if (report.kind === "event") display.event(report.event);
        if (report.kind === "reconnected") display.reconnected(report.lastEventId);
        ends.readerSaid(report);
      },
      onCrash: ends.fail,
    });
    const faults = new FaultRunner(way, display);
    faults.plan(planFaults(seededRandom(demo.seed), demo.cuts, answer.expectedBytes));
    const agent = await askAgent(way.webUrl(), demo.prompt);
    const command: ReadCommand = { url: way.proxy.url + agent.events };
    reader.send(command);
    const { written, read, reconnects } = await ends.reached();
    await faults.settled();
    const stored = await readTranscript(way.webUrl() + agent.transcript);
    await reader.stop();
    const { seed } = demo;
    return summarise({ written, read, stored, reconnects, seed, ...faults.counts() });
  } finally {
    way.reports.off("worker", ends.workerSaid);
    way.reports.off("crash", ends.fail);
  }
}

/** Makes the planned faults happen, and counts them. */
class FaultRunner {
  readonly #way: Way;
  readonly #display: Display;
  #cuts = 0;
  #webServerKills = 0;
  #restarted: Promise<void> = Promise.resolve();

  constructor(way: Way, display: Display) {
    this.#way = way;
    this.#display = display;
  }

  plan(faults: readonly PlannedFault[]): void {
    this.#way.proxy.setFaults(
      faults.map(({ afterBytes, what }) => ({ afterBytes, onHit: () => this.#hit(what) })),
    );
  }

  /** Waits until everything that was killed is back. */
  settled(): Promise<void> {
    return this.#restarted;
  }

  counts(): { cuts: number; webServerKills: number; faultsLeft: number } {
    const faultsLeft = this.#way.proxy.faultsLeft();
    return { cuts: this.#cuts, webServerKills: this.#webServerKills, faultsLeft };
  }

  #hit(what: PlannedFault["what"]): void {
    this.#display.fault(what === "connection" ? "cut" : "web server killed");
    if (what === "connection") {
      this.#cuts++;
      return;
    }
    this.#webServerKills++;
    this.#restarted = this.#way.restart("web").then(() => undefined);
    // Whoever waits for it gets the error; until then it must not count as unhandled.
    this.#restarted.catch(() => undefined);
  }
}

interface Reached {
  readonly written: TallySummary;
  readonly read: TallySummary;
  readonly reconnects: number;
}

/** Waits until the worker has stored its last event and the reader has read its last one. */
class BothEnds {
  readonly #reached: Promise<Reached>;
  #resolve!: (reached: Reached) => void;
  #reject!: (error: Error) => void;
  #written: TallySummary | undefined;
  #read: TallySummary | undefined;
  #reconnects = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(signal: AbortSignal) {
    this.#reached = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#reached.catch(() => undefined);
    signal.addEventListener("abort", () => this.#reject(signal.reason as Error), { once: true });
    this.#alive();
  }

  async reached(): Promise<Reached> {
    try {
      return await this.#reached;
    } finally {
      // What is still reported after the end must not start the clock again.
      this.#isOver = true;
      clearTimeout(this.#timer);
    }
  }

  readonly fail = (message: string): void => this.#reject(new Error(message));

  readonly workerSaid = (report: WorkerReport): void => {
    this.#alive();
    if (report.kind === "failed") this.fail(`The worker gave up: ${report.message}`);
    if (report.kind === "stored") this.#written = report.tally;
    this.#check();
  };

  readonly readerSaid = (report: ReaderReport): void => {
    this.#alive();
    if (report.kind === "failed") this.fail(`The reader gave up: ${report.message}`);
    if (report.kind === "reconnected") this.#reconnects++;
    if (report.kind === "ended") this.#read = report.tally;
    this.#check();
  };

  #check(): void {
    if (!this.#written || !this.#read) return;
    this.#resolve({ written: this.#written, read: this.#read, reconnects: this.#reconnects });
  }

  #alive(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const message = `Nothing has moved for ${stuckAfterMs / 1000} seconds: the run is stuck.`;
    this.#timer = setTimeout(() => this.fail(message), stuckAfterMs);
  }
}

async function askAgent(
  webUrl: string,
  prompt: string,
): Promise<{ events: string; transcript: string }> {
  const response = await fetch(`${webUrl}/agents`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt }),
  });
  if (!response.ok) {
    throw new Error(`POST /agents answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as { events: string; transcript: string };
}

async function readTranscript(url: string): Promise<TallySummary> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`GET ${url} answered ${response.status}: ${await response.text()}`);
  const tally = new Tally();
  for (const event of (await response.json()) as DemoEvent[]) tally.add(event);
  return tally.summary();
}
