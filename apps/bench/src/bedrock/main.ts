import { fork } from "node:child_process";
import { join } from "node:path";
import { compare, type Comparison, type Contestant } from "../harness.ts";
import { parseAreaOptions, wholeNumber } from "../options.ts";
import { comparisonTable, versioned, writeReport } from "../report.ts";
import {
  aiSdk,
  anthropicSdk,
  awsSdk,
  freshet,
  langChain,
  type ReceivedText,
} from "./contestants.ts";
import { tokenTexts } from "./bodies.ts";
import { measureMemory, type MemoryCurve } from "./memory.ts";
import { packOurs, pinned, weigh, type Weight } from "./weight.ts";

const values = parseAreaOptions({
  tokens: { type: "string", default: "100000" },
  rounds: { type: "string", default: "9" },
  "no-weight": { type: "boolean", default: false },
});
const tokenCount = wholeNumber("tokens", values.tokens);
const rounds = wholeNumber("rounds", values.rounds);

const server = fork(join(import.meta.dirname, "server.js"), [String(tokenCount)]);
try {
  const port = await new Promise((resolve, reject) => {
    server.once("message", resolve);
    server.once("exit", () => reject(new Error("The benchmark's server did not start.")));
  });
  const endpoint = `http://127.0.0.1:${String(port)}`;
  const comparisons = await measureSpeed(endpoint);
  const memory = await measureMemory(endpoint, tokenCount, 10);
  const weights = values["no-weight"] ? [] : await weigh(candidates);
  await writeReport("bedrock", "Streaming from Bedrock", report(comparisons, memory, weights));
} finally {
  server.disconnect();
}

async function measureSpeed(endpoint: string): Promise<Comparison[]> {
  const ours = freshet(endpoint);
  const aws = awsSdk(endpoint);
  const ai = aiSdk(endpoint);
  const names = {
    aws: await versioned("@aws-sdk/client-bedrock-runtime"),
    anthropic: await versioned("@anthropic-ai/bedrock-sdk"),
    ai: await versioned("@ai-sdk/amazon-bedrock"),
    langChain: await versioned("@langchain/aws"),
  };
  const converse: Contestant<ReceivedText>[] = [
    { name: names.aws, run: aws.converse },
    { name: names.ai, run: ai.converse },
    { name: names.langChain, run: langChain(endpoint) },
  ];
  const invoke: Contestant<ReceivedText>[] = [
    { name: names.aws, run: aws.invoke },
    { name: names.anthropic, run: anthropicSdk(endpoint) },
    { name: names.ai, run: ai.invoke },
  ];
  const expected = tokenTexts(tokenCount).join("");
  const one = (work: string, key: string, others: readonly Contestant<ReceivedText>[]) => {
    const run = ours[key];
    if (!run) throw new Error(`There is no contestant ${key}.`);
    return compare(work, {
      contestants: [{ name: "@freshet/bedrock-adapter", run }, ...others],
      equal: (left, right) =>
        right.text === expected && right.text === left.text && right.pieces === left.pieces,
      rounds,
      units: tokenCount,
    });
  };
  return [
    await one("ConverseStream, events", "converse", converse),
    await one("ConverseStream, agent events", "converseAgent", converse.slice(0, 1)),
    await one("InvokeModel, chunks", "invoke", invoke),
    await one("InvokeModel, agent events", "invokeAgent", invoke.slice(0, 1)),
  ];
}

async function candidates(folder: string) {
  return [
    {
      name: "@freshet/bedrock-adapter",
      install: await packOurs(folder),
      module: "@freshet/bedrock-adapter",
      symbol: "BedrockClient",
    },
    await candidate("@aws-sdk/client-bedrock-runtime", "BedrockRuntimeClient"),
    await candidate("@anthropic-ai/bedrock-sdk", "AnthropicBedrock"),
    await candidate("@ai-sdk/amazon-bedrock", "createAmazonBedrock"),
    await candidate("@langchain/aws", "ChatBedrockConverse", "@langchain/core"),
  ];
}

async function candidate(module: string, symbol: string, ...peers: string[]) {
  const install = await Promise.all([module, ...peers].map(pinned));
  return { name: await versioned(module), install, module, symbol };
}

function report(
  comparisons: readonly Comparison[],
  memory: MemoryCurve,
  weights: readonly Weight[],
): string {
  const heaps = memory.points.map(({ heapMb }) => heapMb.toFixed(1)).join(", ");
  const sections = [
    `${tokenCount.toLocaleString("en")} frames of about 190 (ConverseStream) and 255 bytes (InvokeModel) over loopback HTTP, sent by another process. Every client signs with SigV4 and reads the whole response; the joined texts and the number of text events are equal.`,
    comparisonTable(comparisons),
    `## Memory\n\nOne response of ${memory.pieces.toLocaleString("en")} tokens as agent events; heap after a full collection at ten points, in MB: ${heaps}.`,
  ];
  if (weights.length > 0) sections.push(`## Weight\n\n${weightTable(weights)}`);
  return sections.join("\n\n");
}

function weightTable(weights: readonly Weight[]): string {
  const rows = weights.map(
    ({ name, installBytes, packages, importMs, bundleBytes }) =>
      `| ${name} | ${(installBytes / 1e6).toFixed(2)} MB | ${packages} | ${importMs.toFixed(1)} ms | ${
        bundleBytes === undefined ? "does not bundle" : `${(bundleBytes / 1000).toFixed(1)} kB`
      } |`,
  );
  return [
    "Each installed alone with npm, sizes as the sum of the files; cold import in a new process, median of 9 interleaved rounds; bundle for the browser with esbuild, minified and gzipped: what a page loads before it can stream, without the modules that are imported later (ours: SigV4, which an API key does not need, and agent events).",
    "",
    "| | installed | packages | cold import | browser bundle |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
