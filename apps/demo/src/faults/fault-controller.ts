import { delay } from "@freshet/core";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type {
  BedrockFault,
  FaultCommand,
  FaultReport,
  KillableService,
  ServiceState,
  Status,
} from "../protocol/api.ts";
import type {
  BedrockCommand,
  BedrockReport,
  ServiceName,
  WebCommand,
  WebReport,
  WorkerReport,
  WorkerStart,
} from "../protocol/processes.ts";
import * as messages from "./fault-messages.ts";
import type { PageProxy } from "./page-proxy.ts";
import type { ReaderRequest } from "./proxied-connection.ts";

const maxReports = 200;
/** The response to the browser that killed the web server must get through before it dies, in ms. */
const responseGraceMs = 80;
/** Processes that die more often than this in so short a time are not started again. */
const maxDeaths = 5;
const deathWindowMs = 10_000;

/** Injects faults on request, restarts what died, and reports each fault to the page. */
export class FaultController {
  readonly #pipeline: Pipeline;
  readonly #proxy: PageProxy;
  readonly #reports: FaultReport[] = [];
  readonly #services = new Map<ServiceName, ServiceState>();
  readonly #deaths: number[] = [];
  #seq = 0;
  #cutEveryBytes = 0;
  #latencyMs = 0;
  #turns = 0;
  #armed: BedrockFault | null = null;
  /** Reports whose reaction is not known yet. */
  #openCut: FaultReport | undefined;
  #openBedrockFault: FaultReport | undefined;
  #onWorkerStarted: ((started: WorkerStart) => void) | undefined;
  #isClosed = false;

  constructor(pipeline: Pipeline, proxy: PageProxy) {
    this.#pipeline = pipeline;
    this.#proxy = proxy;
    proxy.setTarget(pipeline.webUrl());
    proxy.onReader(this.#onReader);
    for (const name of ["bedrock", "streams", "web", "worker"] as const) {
      const pid = pipeline.service(name)?.pid;
      if (pid !== undefined) this.#services.set(name, { name, state: "up", pid, starts: 1 });
    }
    pipeline.reports.on("web", this.#onWeb);
    pipeline.reports.on("worker", this.#onWorker);
    pipeline.reports.on("bedrock", this.#onBedrock);
    pipeline.reports.on("crash", this.#onCrash);
    this.#sendStatus();
  }

  close(): void {
    this.#isClosed = true;
    this.#pipeline.reports.off("web", this.#onWeb);
    this.#pipeline.reports.off("worker", this.#onWorker);
    this.#pipeline.reports.off("bedrock", this.#onBedrock);
    this.#pipeline.reports.off("crash", this.#onCrash);
  }

  readonly #onReader = ({ lastEventId }: ReaderRequest): void => {
    const cut = this.#openCut;
    if (!cut) return;
    this.#openCut = undefined;
    this.#complete(cut, messages.reconnected(Date.now() - cut.at, lastEventId));
  };

  readonly #onWeb = ({ command, request }: WebReport): void => {
    this.#inject(command);
    this.#sendStatus(request);
  };

  readonly #onWorker = (report: WorkerReport): void => {
    if (report.kind === "started") this.#onWorkerStarted?.(report);
    if (report.kind === "load") {
      this.#turns = report.turns;
      this.#sendStatus();
    }
    if (report.kind === "failed") {
      this.#add("The worker failed.", report.message);
      void this.#kill("worker");
    }
    const fault = this.#openBedrockFault;
    if (report.kind === "failed-turn" && fault && report.errorType !== "interrupted") {
      this.#openBedrockFault = undefined;
      this.#complete(fault, messages.turnFailed(report));
    }
  };

  readonly #onBedrock = ({ fault, isRefusal }: BedrockReport): void => {
    if (this.#armed === fault) this.#armed = null;
    const report = this.#openBedrockFault;
    if (isRefusal && report) {
      this.#openBedrockFault = undefined;
      this.#complete(report, messages.refused);
    }
    this.#sendStatus();
  };

  /** Restarts a process that ended by itself or was killed from outside the demo. */
  readonly #onCrash = (message: string, name: ServiceName): void => {
    if (this.#isClosed) return;
    const now = Date.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((at) => now - at < deathWindowMs).length;
    const label = messages.labels[name];
    if (name === "bedrock" || recent > maxDeaths) {
      this.#add(`${label} died and is not started again.`, message);
    } else void this.#restart(name, this.#add(`${label} died by itself.`));
  };

  #inject(command: FaultCommand): void {
    switch (command.kind) {
      case "cut": {
        const readers = this.#proxy.cut();
        const reaction = readers === 0 ? messages.noReaders : undefined;
        const report = this.#add(messages.cut(readers), reaction);
        if (readers > 0) this.#openCut = report;
        return;
      }
      case "cut-every":
        this.#cutEveryBytes = command.bytes;
        this.#proxy.setCutEvery(command.bytes);
        this.#add(...messages.cutEvery(command.bytes));
        return;
      case "latency":
        this.#latencyMs = command.ms;
        this.#proxy.setLatency(command.ms);
        this.#add(...messages.latency(command.ms));
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
      this.#add(`${messages.labels[name]} cannot be killed.`, "This demo did not start it.");
      return;
    }
    if (state.state === "restarting") return;
    const report = this.#add(`${messages.labels[name]} was killed (pid ${state.pid}).`);
    this.#services.set(name, { ...state, state: "restarting" });
    if (name === "web") await delay(responseGraceMs);
    await this.#restart(name, report);
  }

  async #restart(name: KillableService, report: FaultReport): Promise<void> {
    const before = this.#services.get(name);
    if (before) this.#services.set(name, { ...before, state: "restarting" });
    if (name === "web") this.#proxy.setTarget(undefined);
    const workerStarted = new Promise<WorkerStart>((resolve) => {
      if (name === "worker") this.#onWorkerStarted = resolve;
    });
    const began = performance.now();
    try {
      const { pid, url } = await this.#pipeline.restart(name);
      if (this.#isClosed) return;
      if (name === "web") this.#proxy.setTarget(url);
      this.#services.set(name, { name, state: "up", pid, starts: (before?.starts ?? 0) + 1 });
      this.#sendStatus();
      const ms = performance.now() - began;
      const started = name === "worker" ? await workerStarted : undefined;
      this.#complete(report, messages.restarted(name, pid, ms, started));
    } catch (error) {
      if (this.#isClosed) return;
      this.#complete(report, `It could not be started again: ${String(error)}`);
    }
  }

  #breakBedrock(fault: BedrockFault): void {
    const bedrock = this.#pipeline.service("bedrock");
    if (!bedrock) {
      this.#add("The real Bedrock cannot be broken from here.", "Nothing was done.");
      return;
    }
    const command: BedrockCommand = { fault };
    bedrock.send(command);
    this.#armed = fault;
    const before = this.#openBedrockFault;
    if (before) this.#complete(before, "Replaced by the next fault before it happened.");
    this.#openBedrockFault = this.#add(messages.bedrock[fault]);
  }

  #add(fault: string, reaction?: string): FaultReport {
    const report = {
      seq: ++this.#seq,
      at: Date.now(),
      fault,
      ...(reaction !== undefined && { reaction }),
    };
    this.#reports.push(report);
    if (this.#reports.length > maxReports) this.#reports.shift();
    this.#sendStatus();
    return report;
  }

  /** Adds the reaction to a report. */
  #complete(report: FaultReport, reaction: string): void {
    const index = this.#reports.findIndex(({ seq }) => seq === report.seq);
    if (index !== -1) this.#reports[index] = { ...report, reaction };
    this.#sendStatus();
  }

  /** Sends the status to the current web server; `request` is the fault request that it completes. */
  #sendStatus(request?: number): void {
    const status: Status = {
      model: this.#pipeline.model,
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
    this.#pipeline.service("web")?.send(command);
  }
}
