import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DurableStream } from "@freshet/durable-streams-client";
import type { Answer } from "./response-source.ts";
import type { KillableService, ModelInUse } from "../protocol/api.ts";
import { type CuttingProxy, startCuttingProxy } from "../faults/cutting-proxy.ts";
import type { DemoOptions } from "../cli/options.ts";
import type { BedrockConfig, BedrockReport } from "../services/bedrock.ts";
import type { StreamsConfig } from "../services/streams.ts";
import type { WebConfig } from "../services/web.ts";
import type { WorkerConfig, WorkerReport } from "../services/worker.ts";
import { streamUrls } from "../streams/stream-urls.ts";
import type { WebReport } from "../web/parent-control.ts";
import type { ServiceHandle, StartOptions, Supervisor } from "./supervisor.ts";

const fakeModelId = "anthropic.claude-demo-v1:0";

/** What a model may stay silent in the middle of an answer, so that a stall can be seen in a demo. */
const simulatedIdleTimeoutMs = 4000;

export interface WayOptions {
  readonly demo: DemoOptions;
  readonly answer: Answer;
  readonly supervisor: Supervisor;
}

/** What the processes report. A `crash`: one ended although nobody asked it to. */
export interface WayEvents {
  worker: [report: WorkerReport];
  web: [report: WebReport];
  bedrock: [report: BedrockReport];
  crash: [message: string, name: ServiceName];
}

/** The processes, by the names of their files in `services/`. */
export type ServiceName = KillableService | "bedrock";

/** The whole way, from the model to the proxy that the reader connects through. */
export interface Way {
  readonly model: ModelInUse;
  readonly reports: EventEmitter<WayEvents>;
  /** Where the web server listens now; another place after it was killed and started again. */
  webUrl(): string;
  readonly proxy: CuttingProxy;
  /** The process of this moment; undefined for those that are somebody else's. */
  service(name: ServiceName): ServiceHandle | undefined;
  /** Kills a process as a crash would, unless it is dead already, and starts it again. */
  restart(name: KillableService): Promise<ServiceHandle>;
  close(): Promise<void>;
}

/** Starts every process of the demo but the reader, each with what it needs to know of the others. */
export async function startWay(options: WayOptions): Promise<Way> {
  const { supervisor, demo } = options;
  const dataDir =
    demo.streamsUrl === undefined ? await mkdtemp(join(tmpdir(), "freshet-demo-")) : undefined;
  const close = async () => {
    await supervisor.stopAll();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const starters = new Starters(options, dataDir);
    const proxy = await starters.startAll();
    return {
      model: { kind: options.answer.kind, id: demo.model ?? fakeModelId, region: demo.region },
      reports: starters.reports,
      proxy,
      webUrl: () => starters.running("web")?.url ?? "",
      service: (name) => starters.running(name),
      restart: async (name) => {
        if (name === "web") proxy.setTarget(undefined);
        const service = await starters.restart(name);
        if (name === "web") proxy.setTarget(service.url);
        return service;
      },
      close: async () => {
        await proxy.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Knows how each process is started, also for the second time. */
class Starters {
  readonly reports = new EventEmitter<WayEvents>();
  readonly #options: WayOptions;
  readonly #dataDir: string | undefined;
  readonly #namespace = `freshet-demo-${randomUUID()}`;
  readonly #running = new Map<ServiceName, ServiceHandle>();

  constructor(options: WayOptions, dataDir: string | undefined) {
    this.#options = options;
    this.#dataDir = dataDir;
  }

  running(name: ServiceName): ServiceHandle | undefined {
    return this.#running.get(name);
  }

  async startAll(): Promise<CuttingProxy> {
    const { demo, answer } = this.#options;
    const hasBedrock = answer.kind === "real" || demo.bedrockUrl !== undefined;
    await Promise.all([
      hasBedrock ? undefined : this.#start("bedrock"),
      demo.streamsUrl === undefined ? this.#start("streams") : undefined,
    ]);
    const urls = streamUrls(this.#streamsUrl, this.#namespace);
    for (const url of [urls.turns, urls.workers, urls.captures]) {
      await DurableStream.create({ url, contentType: "application/json" });
    }
    const [web] = await Promise.all([this.#start("web"), this.#start("worker")]);
    const proxy = await startCuttingProxy("event: done\n");
    proxy.setTarget(web.url);
    return proxy;
  }

  async restart(name: KillableService): Promise<ServiceHandle> {
    await this.#running.get(name)?.kill();
    return this.#start(name);
  }

  async #start(name: ServiceName): Promise<ServiceHandle> {
    const { supervisor } = this.#options;
    const service = await supervisor.start(name, this.#startOptions(name));
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
    return this.#options.demo.streamsUrl ?? this.#running.get("streams")?.url ?? "";
  }

  #bedrockConfig(): BedrockConfig {
    const { pace, seed, replay } = this.#options.demo;
    return { tokensPerSecond: pace, seed, ...(replay !== undefined && { replay }) };
  }

  /** A second server takes the first one's port: everybody knows it by its address. */
  #streamsConfig(): StreamsConfig {
    const before = this.#running.get("streams")?.url;
    const port = before === undefined ? 0 : Number(new URL(before).port);
    return { server: this.#options.demo.streamsServer, dataDir: this.#dataDir ?? "", port };
  }

  #webConfig(): WebConfig {
    const { maxTurns } = this.#options.demo;
    return { streamsUrl: this.#streamsUrl, namespace: this.#namespace, maxTurns };
  }

  #workerConfig(): WorkerConfig {
    const { demo, answer } = this.#options;
    const bedrockUrl = demo.bedrockUrl ?? this.#running.get("bedrock")?.url;
    return {
      streamsUrl: this.#streamsUrl,
      namespace: this.#namespace,
      modelId: demo.model ?? fakeModelId,
      region: demo.region,
      operation: answer.operation,
      recordsWire: !demo.once,
      tallies: demo.run,
      batchMs: demo.batchMs,
      maxTurns: demo.maxTurns,
      ...(bedrockUrl !== undefined && { bedrockUrl, idleTimeoutMs: simulatedIdleTimeoutMs }),
    };
  }
}
