import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { encodeConverseEvent } from "@freshet/bedrock-adapter/testing";

/** A simulated Bedrock whose tokens contain their time of sending, at a steady pace. */
export interface LoadModel {
  readonly url: string;
  /** The number of tokens in each response that begins from now on. */
  tokens: number;
  close(): void;
}

/** A response that is being sent. */
interface RunningResponse {
  readonly response: ServerResponse;
  readonly tokens: number;
  readonly startedAt: number;
  sent: number;
}

/**
 * Responds to every request with real frames, one token in each. The token's text is its number and the
 * time at which the frame was handed to the socket, in milliseconds since 1970 with a fraction.
 *
 * One timer serves all responses, and each token is due at a time from the start of its response: after a
 * wait for the CPU the process catches up, so that the load stays the requested one.
 */
export async function startLoadModel(tokensPerSecond: number): Promise<LoadModel> {
  const model = { tokens: 0 };
  const running = new Set<RunningResponse>();
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    response.write(encodeConverseEvent({ type: "messageStart", role: "assistant" }));
    const entry = { response, tokens: model.tokens, startedAt: performance.now(), sent: 0 };
    running.add(entry);
    response.on("close", () => running.delete(entry));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const entry of running) {
      const due = Math.floor(((now - entry.startedAt) * tokensPerSecond) / 1000);
      while (entry.sent < Math.min(due, entry.tokens)) send(entry);
      if (entry.sent < entry.tokens) continue;
      running.delete(entry);
      entry.response.write(encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 }));
      entry.response.end(encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }));
    }
  }, tickMs);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The model has no port.");
  return Object.assign(model, {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
    },
  });
}

/** How often due tokens are sent, in milliseconds. */
const tickMs = 2;

function send(entry: RunningResponse): void {
  const sentAt = (performance.timeOrigin + performance.now()).toFixed(2);
  const text = `${entry.sent++}@${sentAt} `;
  const delta = { text };
  entry.response.write(
    encodeConverseEvent({ type: "contentBlockDelta", contentBlockIndex: 0, delta }),
  );
}
