import { maxTimerMs, timeLimit } from "@freshet/core";
import type { ExchangeRequest } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { DurableStreams } from "../server/durable-streams.ts";
import { expectOptions } from "../store/options.ts";
import { NodeExchange } from "./node-exchange.ts";
import type { NodeRequest, NodeResponse } from "./node-http.ts";
import { sendResponse } from "./send-response.ts";

export interface NodeListenerOptions {
  /**
   * How long a client may take nothing of its response before it is cut off, in milliseconds (default
   * 60,000; Infinity for no limit). Such a client holds a page in memory, and as a live reader counts in
   * `limits.waitingReaders`.
   */
  stalledAfterMs?: number | undefined;
}

/**
 * Makes a request listener for `node:http` and `node:https`. It saves the cost of Request and Response
 * objects, about half of the time of a small append, and starts the background work of the server.
 *
 * @throws DurableStreamsServerError `INVALID_OPTION`
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
 * import { nodeListener } from "@freshet/durable-streams-server/node";
 *
 * const streams = createDurableStreams({ store: memoryStore() });
 * const server = createServer(nodeListener(streams)).listen(4437);
 * await streams.close();
 * server.close();
 * ```
 */
export function nodeListener(
  streams: Pick<DurableStreams, "handle"> & Partial<Pick<DurableStreams, "start">>,
  options: NodeListenerOptions = {},
): (request: NodeRequest, response: NodeResponse) => void {
  expectOptions<NodeListenerOptions>(options, { stalledAfterMs: timeLimit });
  const { stalledAfterMs: limit = 60_000 } = options;
  const stalledAfterMs = limit > maxTimerMs ? 0 : limit; // 0 is Node's "never"
  streams.start?.();
  return (request, response) => {
    // If the response cannot be sent, the client must not wait for it.
    respond(streams, request, response, stalledAfterMs).catch(() => response.destroy());
  };
}

async function respond(
  streams: Pick<DurableStreams, "handle">,
  request: NodeRequest,
  response: NodeResponse,
  stalledAfterMs: number,
): Promise<void> {
  // A client that goes away in the middle causes errors that nobody here can do anything about.
  response.on("error", () => undefined);
  let exchange: ExchangeRequest;
  try {
    exchange = new NodeExchange(request, response);
  } catch {
    const invalid = new HttpError(400, "The URL or the Host header of the request is not valid.");
    await sendResponse(response, invalid.toResponse(), stalledAfterMs);
    return;
  }
  const result = await streams.handle(exchange);
  if (!request.complete) {
    // A body that nobody read would be taken for the next request.
    response.setHeader("connection", "close");
    await bodyDropped(request);
  }
  await sendResponse(response, result, stalledAfterMs);
}

/** How long the rest of a refused body is read and dropped before the response, in milliseconds. */
const DROP_TIMEOUT_MS = 1000;

/** A client whose connection closes while it sends would not get to read the response. */
function bodyDropped(request: NodeRequest): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DROP_TIMEOUT_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    request.on("end", done);
    request.on("close", done);
    if (request.destroyed) done();
    else request.resume();
  });
}
