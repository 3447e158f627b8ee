import { readFile } from "node:fs/promises";
import { createFakeBedrock, type FakeAnswer } from "@freshet/bedrock-adapter/testing";
import { afterTheCapture, afterTheTool, beforeTheTool } from "../script.ts";
import { runService } from "./service.ts";

/** The fake Bedrock: real binary frames over HTTP, at the pace of a model. */
export interface BedrockConfig {
  /** A captured response body that answers the first request of a turn. */
  readonly replay?: string;
  readonly tokensPerSecond: number;
  readonly seed: number;
}

/** The time a model takes before it says anything, in milliseconds. */
const firstByteDelayMs = 300;

await runService(async ({ replay, tokensPerSecond, seed }: BedrockConfig) => {
  const captured: FakeAnswer | undefined =
    replay === undefined ? undefined : { replay: await readFile(replay) };
  const fake = createFakeBedrock({
    answer: ({ body }) => {
      if (!hasToolResult(body)) return captured ?? beforeTheTool;
      return captured ? afterTheCapture : afterTheTool;
    },
    tokensPerSecond,
    firstByteDelayMs,
    seed,
  });
  const listener = await fake.listen();
  return { url: listener.url, stop: () => listener.close() };
});

/** Whether the last message of the request brings what a tool said. */
function hasToolResult(body: unknown): boolean {
  const { messages = [] } = body as { messages?: { content: object[] }[] };
  return messages.at(-1)?.content.some((block) => "toolResult" in block) ?? false;
}
