import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DurableStream } from "@freshet/durable-streams-client";
import type { KillableService, ModelInUse } from "../protocol/api.ts";
import type {
  BedrockConfig,
  BedrockReport,
  ServiceName,
  StreamsConfig,
  WebConfig,
  WebReport,
  WorkerConfig,
  WorkerReport,
} from "../protocol/processes.ts";
import { streamUrls } from "../streams/stream-urls.ts";
import type { PipelineOptions } from "./pipeline-options.ts";
import { type ResponseSource, simulatedModelId } from "./response-source.ts";
import type { ServiceHandle, StartOptions, Supervisor } from "./supervisor.ts";

/** How long the simulated model may be silent within a response: short, to demonstrate a stall. */
const simulatedIdleTimeoutMs = 4000;

export interface StartPipelineOptions {
  readonly options: PipelineOptions;
  readonly source: ResponseSource;
  readonly supervisor: Supervisor;
}

/** The reports of the processes; `crash`: one ended without being stopped. */
export interface PipelineEvents {
  worker: [report: WorkerReport];
  web: [report: WebReport];
  bedrock: [report: BedrockReport];
  crash: [message: string, name: ServiceName];
}

/** The running pipeline, from the model to the web server. */
export interface Pipeline extends AsyncDisposable {
  readonly model: ModelInUse;
  readonly reports: EventEmitter<PipelineEvents>;
  /** The current URL of the web server, which changes when it is restarted. */
  webUrl(): string;
  /** The current process; undefined for a server that the demo did not start. */
  service(name: ServiceName): ServiceHandle | undefined;
  /** Kills a process as a crash would, unless it has already ended, and starts it again. */
  restart(name: KillableService): Promise<ServiceHandle>;
}

/** Starts every process of the demo but the reader, each with the addresses of those it needs. */
export async function startPipeline(start: StartPipelineOptions): Promise<Pipeline> {
  const { supervisor, options, source } = start;
  const dataDir =
    options.streamsUrl === undefined ? await mkdtemp(join(tmpdir(), "freshet-demo-")) : undefined;
  const close = async () => {
    await supervisor.stopAll();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const processes = new Processes(start, dataDir);
    await processes.startAll();
    const id = options.model ?? simulatedModelId;
    return {
      model: { kind: source.kind, id, region: options.region },
      reports: processes.reports,
      webUrl: () => processes.running("web")?.url ?? "",
      service: (name) => processes.running(name),
      restart: (name) => processes.restart(name),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The processes, and how each is started, also for the second time. */
class Processes {
  readonly reports = new EventEmitter<PipelineEvents>();
  readonly #options: PipelineOptions;
  readonly #source: ResponseSource;
  readonly #supervisor: Supervisor;
  readonly #dataDir: string | undefined;
  readonly #namespace = `freshet-demo-${randomUUID()}`;
  readonly #running = new Map<ServiceName, ServiceHandle>();

  constructor(start: StartPipelineOptions, dataDir: string | undefined) {
    this.#options = start.options;
    this.#source = start.source;
    this.#supervisor = start.supervisor;
    this.#dataDir = dataDir;
  }

  running(name: ServiceName): ServiceHandle | undefined {
    return this.#running.get(name);
  }

  async startAll(): Promise<void> {
    const { bedrockUrl, streamsUrl } = this.#options;
    const hasBedrock = this.#source.kind === "real" || bedrockUrl !== undefined;
    await Promise.all([
      hasBedrock ? undefined : this.#start("bedrock"),
      streamsUrl === undefined ? this.#start("streams") : undefined,
    ]);
    const urls = streamUrls(this.#streamsUrl, this.#namespace);
    for (const url of [urls.turns, urls.workers, urls.captures]) {
      await DurableStream.create({ url, contentType: "application/json" });
    }
    await Promise.all([this.#start("web"), this.#start("worker")]);
  }

  async restart(name: KillableService): Promise<ServiceHandle> {
    await this.#running.get(name)?.kill();
    return this.#start(name);
  }

  async #start(name: ServiceName): Promise<ServiceHandle> {
    const service = await this.#supervisor.start(name, this.#startOptions(name));
    this.#running.set(name, service);
    return service;
  }

  #startOptions(name: ServiceName): StartOptions<never> {
    const configs = {
      bedrock: () => this.#bedrockConfig(),
      streams: () => this.#streamsConfig(),
      web: () => this.#webConfig(),
      worker: () => this.#workerConfig(),
    };
    return {
      config: configs[name](),
      onReport: (report) => void (this.reports as EventEmitter).emit(name, report),
      onCrash: (message) => void this.reports.emit("crash", message, name),
    };
  }

  get #streamsUrl(): string {
    return this.#options.streamsUrl ?? this.#running.get("streams")?.url ?? "";
  }

  #bedrockConfig(): BedrockConfig {
    const { pace, seed, replay } = this.#options;
    return { tokensPerSecond: pace, seed, ...(replay !== undefined && { replay }) };
  }

  /** A second server takes the port of the first, because the other processes know its URL. */
  #streamsConfig(): StreamsConfig {
    const before = this.#running.get("streams")?.url;
    const port = before === undefined ? 0 : Number(new URL(before).port);
    return { server: this.#options.streamsServer, dataDir: this.#dataDir ?? "", port };
  }

  #webConfig(): WebConfig {
    const { maxTurns } = this.#options;
    return { streamsUrl: this.#streamsUrl, namespace: this.#namespace, maxTurns };
  }

  #workerConfig(): WorkerConfig {
    const { model, region, once, run, batchMs, maxTurns } = this.#options;
    const bedrockUrl = this.#options.bedrockUrl ?? this.#running.get("bedrock")?.url;
    return {
      streamsUrl: this.#streamsUrl,
      namespace: this.#namespace,
      modelId: model ?? simulatedModelId,
      region,
      operation: this.#source.operation,
      recordsWire: !once,
      tallies: run,
      batchMs,
      maxTurns,
      ...(bedrockUrl !== undefined && { bedrockUrl, idleTimeoutMs: simulatedIdleTimeoutMs }),
    };
  }
}
