import type { PipelineOptions } from "../pipeline/pipeline-options.ts";
import type { ResponseSource } from "../pipeline/response-source.ts";
import type { DemoOptions } from "./options.ts";

/** The first lines of a run: what is real, what is simulated, and how to make more of it real. */
export function introduction(demo: DemoOptions, source: ResponseSource): string[] {
  const isReal = source.kind === "real";
  const bedrock = isReal ? `Amazon Bedrock (${demo.model ?? ""}, ${demo.region})` : "";
  const real = [
    bedrock,
    "binary frames over HTTP",
    streamsServerOf(demo),
    "a process for each part",
    "cut TCP connections",
    "a killed web server",
  ];
  const simulated = {
    scripted: "the model (scripted), the river gauge",
    replay: `the model (replays ${demo.replay ?? ""}, ${source.operation}), the river gauge`,
    real: "the river gauge",
  }[source.kind];
  return [
    `Real: ${real.filter(Boolean).join(", ")}. Simulated: ${simulated}.`,
    isReal
      ? ""
      : "To use the real Bedrock: --model ID [--region REGION] with AWS_BEARER_TOKEN_BEDROCK or AWS credentials.",
    demo.streamsUrl === undefined
      ? "To use another durable streams server: --streams-url URL."
      : "",
    `To repeat the same faults: --seed ${demo.seed} --cuts ${demo.cuts}`,
    "",
  ].filter((line, index, all) => line !== "" || index === all.length - 1);
}

function streamsServerOf({ streamsServer, streamsUrl }: PipelineOptions): string {
  if (streamsUrl !== undefined) return streamsUrl;
  const name = {
    reference: "@durable-streams/server",
    freshet: "@freshet/durable-streams-server",
  }[streamsServer];
  return `${name} with its data on disk`;
}
