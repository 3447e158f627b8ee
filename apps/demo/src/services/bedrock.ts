import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createFakeBedrock, type FakeResponse } from "@freshet/bedrock-adapter/testing";
import { BreakableBody } from "../bedrock/breakable-body.ts";
import { afterTheCapture, scriptedResponse } from "../bedrock/script.ts";
import { hasToolResult, messagesOf } from "../bedrock/request-messages.ts";
import type { BedrockFault } from "../protocol/api.ts";
import type { BedrockCommand, BedrockConfig, BedrockReport } from "../protocol/processes.ts";
import { listen } from "../listen.ts";
import { runService } from "./service.ts";

/** The time before a model's first byte, in milliseconds. */
const firstByteDelayMs = 300;

await runService(async (config: BedrockConfig, report: (report: BedrockReport) => void) => {
  const { replay, tokensPerSecond, seed } = config;
  const captured: FakeResponse | undefined =
    replay === undefined ? undefined : { replay: await readFile(replay) };
  const fake = createFakeBedrock({
    response: ({ body }) => {
      const messages = messagesOf(body);
      if (!captured) return scriptedResponse(messages);
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
  const respond = async (request: Request) => {
    // A refused request is the mildest of faults: the client retries it by itself.
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
  };
  const listener = getRequestListener(respond);
  const server = createServer((request, response) => void listener(request, response));
  return {
    url: await listen(server),
    receive: (message) => {
      armed = (message as BedrockCommand).fault;
    },
    stop: () => server.closeAllConnections(),
  };
});

function refusal(): Response {
  const body = { message: "Too many requests, please wait before trying again." };
  return Response.json(body, {
    status: 429,
    headers: { "x-amzn-errortype": "ThrottlingException" },
  });
}
