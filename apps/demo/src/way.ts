import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DurableStream } from "@freshet/durable-streams-client";
import type { Answer } from "./answer.ts";
import { type CuttingProxy, startCuttingProxy } from "./faults/cutting-proxy.ts";
import type { DemoOptions } from "./options.ts";
import type { BedrockConfig } from "./services/bedrock.ts";
import type { StreamsConfig } from "./services/streams.ts";
import type { WebConfig } from "./services/web.ts";
import type { WorkerConfig, WorkerReport } from "./services/worker.ts";
import { streamUrls } from "./streams.ts";
import type { ServiceHandle, Supervisor } from "./supervisor.ts";

const fakeModelId = "anthropic.claude-demo-v1:0";

export interface WayOptions {
  readonly demo: DemoOptions;
  readonly answer: Answer;
  readonly supervisor: Supervisor;
  readonly onWorkerReport: (report: WorkerReport) => void;
  /** A process ended although nobody asked it to. */
  readonly onCrash: (message: string) => void;
}

/** The whole way, from the model to the proxy that the reader connects through. */
export interface Way {
  /** Where the web server listens now; another place after it was killed and started again. */
  webUrl(): string;
  readonly proxy: CuttingProxy;
  /** Kills the web server as a crash would, and starts it again on another port. */
  restartWebServer(): Promise<void>;
  close(): Promise<void>;
}

/** Starts every process of the demo but the reader, each with what it needs to know of the others. */
export async function startWay(options: WayOptions): Promise<Way> {
  const { demo, answer, supervisor, onCrash, onWorkerReport } = options;
  const dataDir =
    demo.streamsUrl === undefined ? await mkdtemp(join(tmpdir(), "freshet-demo-")) : undefined;
  const namespace = `freshet-demo-${randomUUID()}`;
  const startBedrock = async () => {
    if (answer.kind === "real") return undefined;
    const config: BedrockConfig = {
      tokensPerSecond: demo.pace,
      seed: demo.seed,
      ...(demo.replay !== undefined && { replay: demo.replay }),
    };
    return (await supervisor.start("bedrock", { config, onCrash })).url;
  };
  const startStreams = async () => {
    const config: StreamsConfig = { dataDir: dataDir ?? "" };
    return (await supervisor.start("streams", { config, onCrash })).url;
  };
  try {
    const [bedrockUrl, streamsUrl] = await Promise.all([
      startBedrock(),
      demo.streamsUrl ?? startStreams(),
    ]);
    const urls = streamUrls(streamsUrl, namespace);
    for (const url of [urls.turns, urls.workers]) {
      await DurableStream.create({ url, contentType: "application/json" });
    }
    const worker: WorkerConfig = {
      streamsUrl,
      namespace,
      modelId: demo.model ?? fakeModelId,
      region: demo.region,
      operation: answer.operation,
      ...(bedrockUrl !== undefined && { bedrockUrl }),
    };
    const webConfig: WebConfig = { streamsUrl, namespace };
    const startWeb = () => supervisor.start("web", { config: webConfig, onCrash });
    const [proxy, firstWeb] = await Promise.all([
      startCuttingProxy("event: done\n"),
      startWeb(),
      supervisor.start<WorkerReport>("worker", {
        config: worker,
        onReport: onWorkerReport,
        onCrash,
      }),
    ]);
    let web: ServiceHandle = firstWeb;
    proxy.setTarget(web.url);
    return {
      webUrl: () => web.url,
      proxy,
      restartWebServer: async () => {
        proxy.setTarget(undefined);
        await web.kill();
        web = await startWeb();
        proxy.setTarget(web.url);
      },
      close: async () => {
        await proxy.close();
        await supervisor.stopAll();
        if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await supervisor.stopAll();
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
