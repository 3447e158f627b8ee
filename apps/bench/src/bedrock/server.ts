import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { converseBody, invokeBody, type Body } from "./bodies.ts";

// A separate process, so that sending costs the contestants nothing. The bodies are built before the
// first request. `repeat-N` in the model id sends the tokens N times.

const tokenCount = Number(process.argv[2]);
const bodies: Readonly<Record<string, Body>> = {
  "converse-stream": converseBody(tokenCount),
  "invoke-with-response-stream": invokeBody(tokenCount),
};
const chunkBytes = 65_536;

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    const path = decodeURIComponent(request.url ?? "");
    const body = bodies[path.slice(path.lastIndexOf("/") + 1)];
    if (!body) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": "application/vnd.amazon.eventstream",
      "x-amzn-bedrock-content-type": "application/json",
    });
    const repeats = Number(/repeat-(\d+)/.exec(path)?.[1] ?? 1);
    void send(response, body, repeats);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once("disconnect", () => process.exit());

async function send(response: ServerResponse, body: Body, repeats: number): Promise<void> {
  response.write(body.head);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (let at = 0; at < body.tokens.length; at += chunkBytes) {
      if (response.destroyed) return;
      if (!response.write(body.tokens.subarray(at, at + chunkBytes))) {
        await drained(response);
      }
    }
  }
  response.end(body.tail);
}

/** Resolves when the socket takes more, or is closed. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off("drain", settle).off("close", settle);
      resolve();
    };
    response.on("drain", settle).on("close", settle);
  });
}
