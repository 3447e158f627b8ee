import type {
  BedrockFault,
  FaultCommand,
  FaultReport,
  KillableService,
  ServiceState,
  Status,
} from "../protocol/api.ts";
import type { BedrockCommand, BedrockReport } from "../services/bedrock.ts";
import type { WebCommand, WebReport } from "../web/parent-control.ts";
import type { WorkerReport } from "../services/worker.ts";
import type { ServiceName, Way } from "../pipeline/pipeline.ts";
import * as words from "./fault-messages.ts";
import type { PageProxy, Return } from "./page-proxy.ts";

const maxReports = 200;
/** The answer to the browser that asked for it must get through before the web server dies of it. */
const lastWordsMs = 80;
/** A process that dies so often in so short a time is not started again. */
const maxDeaths = 5;
const deathsMs = 10_000;

/** Breaks things on request, starts again what died, and keeps a line about each. */
export class FaultDesk {
  readonly #way: Way;
  readonly #proxy: PageProxy;
  readonly #reports: FaultReport[] = [];
  readonly #services = new Map<ServiceName, ServiceState>();
  readonly #deaths: number[] = [];
  #seq = 0;
  #cutEveryBytes = 0;
  #latencyMs = 0;
  #turns = 0;
  #armed: BedrockFault | null = null;
  /** Reports that wait for the other half of their story. */
  #cut: FaultReport | undefined;
  #bedrock: FaultReport | undefined;
  #onWorkerStarted: ((started: { epoch: number; interrupted: number }) => void) | undefined;
  #isClosed = false;

  constructor(way: Way, proxy: PageProxy) {
    this.#way = way;
    this.#proxy = proxy;
    proxy.setTarget(way.webUrl());
    proxy.onReader(this.#onReader);
    for (const name of ["bedrock", "streams", "web", "worker"] as const) {
      const pid = way.service(name)?.pid;
      if (pid !== undefined) this.#services.set(name, { name, state: "up", pid, starts: 1 });
    }
    way.reports.on("web", this.#onWeb);
    way.reports.on("worker", this.#onWorker);
    way.reports.on("bedrock", this.#onBedrock);
    way.reports.on("crash", this.#onCrash);
    this.#tell();
  }

  close(): void {
    this.#isClosed = true;
    this.#way.reports.off("web", this.#onWeb);
    this.#way.reports.off("worker", this.#onWorker);
    this.#way.reports.off("bedrock", this.#onBedrock);
    this.#way.reports.off("crash", this.#onCrash);
  }

  /** A reader has come back, or come for the first time. */
  readonly #onReader = ({ lastEventId }: Return): void => {
    const cut = this.#cut;
    if (!cut) return;
    this.#cut = undefined;
    this.#answer(cut, words.cameBack(Date.now() - cut.at, lastEventId));
  };

  readonly #onWeb = ({ command, request }: WebReport): void => {
    this.#do(command);
    this.#tell(request);
  };

  readonly #onWorker = (report: WorkerReport): void => {
    if (report.kind === "started") this.#onWorkerStarted?.(report);
    if (report.kind === "load") {
      this.#turns = report.turns;
      this.#tell();
    }
    if (report.kind === "failed") {
      this.#add("The worker gave up.", report.message);
      void this.#kill("worker");
    }
    if (report.kind === "failed-turn" && this.#bedrock && report.errorType !== "interrupted") {
      this.#answer(this.#bedrock, words.turnFailed(report));
      this.#bedrock = undefined;
    }
  };

  readonly #onBedrock = ({ fault, isRefusal }: BedrockReport): void => {
    if (this.#armed === fault) this.#armed = null;
    if (isRefusal && this.#bedrock) {
      this.#answer(this.#bedrock, words.refused);
      this.#bedrock = undefined;
    }
    this.#tell();
  };

  /** Somebody else killed it, or it fell over by itself: it is started again all the same. */
  readonly #onCrash = (message: string, name: ServiceName): void => {
    if (this.#isClosed) return;
    const now = Date.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((at) => now - at < deathsMs).length;
    const label = words.labels[name];
    if (name === "bedrock" || recent > maxDeaths) {
      this.#add(`${label} died and is not started again.`, message);
    } else void this.#restart(name, this.#add(`${label} died by itself.`));
  };

  #do(command: FaultCommand): void {
    switch (command.kind) {
      case "cut": {
        const readers = this.#proxy.cut();
        const report = this.#add(words.cut(readers), readers === 0 ? words.nobody : undefined);
        if (readers > 0) this.#cut = report;
        return;
      }
      case "cut-every":
        this.#cutEveryBytes = command.bytes;
        this.#proxy.setCutEvery(command.bytes);
        this.#add(...words.cutEvery(command.bytes));
        return;
      case "latency":
        this.#latencyMs = command.ms;
        this.#proxy.setLatency(command.ms);
        this.#add(...words.latency(command.ms));
        return;
      case "kill":
        void this.#kill(command.service);
        return;
      case "bedrock":
        this.#breakBedrock(command.fault);
    }
  }

  async #kill(name: KillableService): Promise<void> {
    const state = this.#services.get(name);
    if (!state) {
      this.#add(`${words.labels[name]} is not ours.`, "It was not started by this demo.");
      return;
    }
    if (state.state === "restarting") return;
    const report = this.#add(`${words.labels[name]} was killed (pid ${state.pid}).`);
    this.#services.set(name, { ...state, state: "restarting" });
    if (name === "web") await new Promise((resolve) => setTimeout(resolve, lastWordsMs));
    await this.#restart(name, report);
  }

  async #restart(name: KillableService, report: FaultReport): Promise<void> {
    const before = this.#services.get(name);
    if (before) this.#services.set(name, { ...before, state: "restarting" });
    if (name === "web") this.#proxy.setTarget(undefined);
    const workerStarted = new Promise<{ epoch: number; interrupted: number }>((resolve) => {
      if (name === "worker") this.#onWorkerStarted = resolve;
    });
    const began = performance.now();
    try {
      const { pid, url } = await this.#way.restart(name);
      if (this.#isClosed) return;
      if (name === "web") this.#proxy.setTarget(url);
      this.#services.set(name, { name, state: "up", pid, starts: (before?.starts ?? 0) + 1 });
      this.#tell();
      const ms = performance.now() - began;
      const started = name === "worker" ? await workerStarted : undefined;
      this.#answer(report, words.restarted(name, pid, ms, started));
    } catch (error) {
      if (this.#isClosed) return;
      this.#answer(report, `It could not be started again: ${String(error)}`);
    }
  }

  #breakBedrock(fault: BedrockFault): void {
    const bedrock = this.#way.service("bedrock");
    if (!bedrock) {
      this.#add("The real Bedrock cannot be broken from here.", "Nothing was done.");
      return;
    }
    const command: BedrockCommand = { fault };
    bedrock.send(command);
    this.#armed = fault;
    if (this.#bedrock) this.#answer(this.#bedrock, "Replaced by the next one before it happened.");
    this.#bedrock = this.#add(words.bedrock[fault]);
  }

  #add(what: string, answer?: string): FaultReport {
    const report = {
      seq: ++this.#seq,
      at: Date.now(),
      what,
      ...(answer !== undefined && { answer }),
    };
    this.#reports.push(report);
    if (this.#reports.length > maxReports) this.#reports.shift();
    this.#tell();
    return report;
  }

  #answer(report: FaultReport, answer: string): void {
    const index = this.#reports.findIndex(({ seq }) => seq === report.seq);
    if (index !== -1) this.#reports[index] = { ...report, answer };
    this.#tell();
  }

  /** Tells the web server of this moment how everything is. */
  #tell(request?: number): void {
    const status: Status = {
      model: this.#way.model,
      services: [...this.#services.values()],
      cutEveryBytes: this.#cutEveryBytes,
      latencyMs: this.#latencyMs,
      turns: this.#turns,
      armedBedrockFault: this.#armed,
      reports: this.#reports,
    };
    const command: WebCommand = {
      kind: "status",
      status,
      ...(request !== undefined && { request }),
    };
    this.#way.service("web")?.send(command);
  }
}
