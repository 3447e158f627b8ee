import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { getRequestListener } from "@hono/node-server";
import { createFakeBedrock, type FakeAnswer } from "@freshet/bedrock-adapter/testing";
import type { BedrockFault } from "../protocol/api.ts";
import { BreakableBody } from "../bedrock/breakable-body.ts";
import { afterTheCapture, answerTo } from "../bedrock/script.ts";
import { runService } from "./service.ts";

/** The fake Bedrock: real binary frames over HTTP, at the pace of a model. */
export interface BedrockConfig {
  /** A captured response body that answers the first request of a turn. */
  readonly replay?: string;
  readonly tokensPerSecond: number;
  readonly seed: number;
}

/** What goes wrong with the answer that is being sent, or with the next one. */
export interface BedrockCommand {
  readonly fault: BedrockFault;
}

/** `broke`: an armed fault has happened; `isRefusal`: instead of an answer, not within one. */
export interface BedrockReport {
  readonly kind: "broke";
  readonly fault: BedrockFault;
  readonly isRefusal: boolean;
}

/** The time a model takes before it says anything, in milliseconds. */
const firstByteDelayMs = 300;

await runService(async (config: BedrockConfig, report: (report: BedrockReport) => void) => {
  const { replay, tokensPerSecond, seed } = config;
  const captured: FakeAnswer | undefined =
    replay === undefined ? undefined : { replay: await readFile(replay) };
  const fake = createFakeBedrock({
    answer: ({ body }) => {
      const messages = messagesOf(body);
      if (!captured) return answerTo(messages);
      return hasToolResult(messages) ? afterTheCapture : captured;
    },
    tokensPerSecond,
    firstByteDelayMs,
    seed,
  });
  let armed: BedrockFault | undefined;
  let running = 0;
  const take = (isRefusal: boolean) => {
    const fault = armed;
    armed = undefined;
    if (fault !== undefined) report({ kind: "broke", fault, isRefusal });
    return fault;
  };
  const server = await listen(async (request) => {
    // A request that is refused is the gentlest of faults: the client asks again by itself.
    if (armed === "throttle" && running === 0) {
      take(true);
      return refusal();
    }
    const response = await fake.fetch(request);
    if (!response.body) return response;
    running++;
    const body = new BreakableBody(
      response.body,
      () => take(false),
      () => running--,
    );
    return new Response(new ReadableStream(body, { highWaterMark: 0 }), response);
  });
  return {
    url: server.url,
    receive: (message) => {
      armed = (message as BedrockCommand).fault;
    },
    stop: () => server.server.closeAllConnections(),
  };
});

async function listen(
  fetch: (request: Request) => Promise<Response>,
): Promise<{ url: string; server: Server }> {
  const listener = getRequestListener(fetch);
  const server = createServer((request, response) => void listener(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The fake has no port.");
  return { url: `http://127.0.0.1:${address.port}`, server };
}

function refusal(): Response {
  const body = { message: "Too many requests, please wait before trying again." };
  return Response.json(body, {
    status: 429,
    headers: { "x-amzn-errortype": "ThrottlingException" },
  });
}

type Messages = readonly { role: string; content: readonly { text?: string }[] }[];

function messagesOf(body: unknown): Messages {
  return (body as { messages?: Messages }).messages ?? [];
}

/** Whether the last message of the request brings what a tool said, and no new question. */
function hasToolResult(messages: Messages): boolean {
  return messages.at(-1)?.content.every((block) => "toolResult" in block) ?? false;
}
