import type { Answer } from "../pipeline/response-source.ts";
import type { DemoOptions } from "./options.ts";

/** What the run begins with: what is real, what is simulated, and how to make more of it real. */
export function introduction(demo: DemoOptions, answer: Answer): string[] {
  const model = {
    scripted: "the model (a script)",
    replay: `the model (it replays ${demo.replay ?? ""}, ${answer.operation})`,
    real: "nothing of the model",
  }[answer.kind];
  const server = {
    reference: "@durable-streams/server",
    freshet: "@freshet/durable-streams-server",
  }[demo.streamsServer];
  const streams = demo.streamsUrl ?? `${server} with its data on disk`;
  const bedrock =
    answer.kind === "real" ? `Amazon Bedrock (${demo.model ?? ""}, ${demo.region})` : "";
  const real = [
    bedrock,
    "binary frames over HTTP",
    streams,
    "a process for each part",
    "cut TCP connections",
  ];
  return [
    `Real: ${real.filter(Boolean).join(", ")}, a killed web server. Simulated: ${model}, the river gauge.`,
    answer.kind === "real"
      ? ""
      : "For the real Bedrock: --model ID [--region REGION] with AWS_BEARER_TOKEN_BEDROCK or AWS credentials.",
    demo.streamsUrl === undefined ? "For another durable streams server: --streams-url URL." : "",
    `The same faults again: --seed ${demo.seed} --cuts ${demo.cuts}`,
    "",
  ].filter((line, index, all) => line !== "" || index === all.length - 1);
}
