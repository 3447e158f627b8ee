import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { encodeConverseEvent } from "@freshet/bedrock-adapter/testing";

/** What the bench needs of a Bedrock: tokens that say when they were sent, at a steady pace. */
export interface LoadModel {
  readonly url: string;
  close(): void;
}

/**
 * Answers every request with real frames, one token in each; its text is the time at which the frame
 * was handed to the socket, in milliseconds since 1970 with a fraction.
 */
export async function startLoadModel(tokens: number, tokensPerSecond: number): Promise<LoadModel> {
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    response.write(encodeConverseEvent({ type: "messageStart", role: "assistant" }));
    let sent = 0;
    const timer = setInterval(() => {
      const text = `${(performance.timeOrigin + performance.now()).toFixed(2)} `;
      const delta = { text };
      response.write(
        encodeConverseEvent({ type: "contentBlockDelta", contentBlockIndex: 0, delta }),
      );
      if (++sent < tokens) return;
      clearInterval(timer);
      response.write(encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 }));
      response.end(encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }));
    }, 1000 / tokensPerSecond);
    response.on("close", () => clearInterval(timer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The model has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
