import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { agentEvent, agentStreamResponse } from "@freshet/agent-sse";
import { createFakeBedrock } from "@freshet/bedrock-adapter/testing";
import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
import { nodeListener } from "@freshet/durable-streams-server/node";
import { getRequestListener } from "@hono/node-server";
import { type Servers, words } from "../../src/runtimes/round-trip.ts";

/** Starts on Node what the round trips in other runtimes talk to. */
export async function startServers(): Promise<{ urls: Servers; close: () => Promise<void> }> {
  const bedrock = createFakeBedrock({ response: { parts: words.join("") } });
  const streams = createDurableStreams({ store: memoryStore(), longPollTimeoutMs: 2000 });
  const events = [...words.map((word) => agentEvent.token(word)), agentEvent.done()];
  const all = await Promise.all([
    listen(getRequestListener((request) => bedrock.fetch(request)) as RequestListener),
    listen(nodeListener(streams) as RequestListener),
    listen(getRequestListener(() => agentStreamResponse(events)) as RequestListener),
  ]);
  const [bedrockServer, streamsServer, eventServer] = all;
  return {
    urls: { bedrock: bedrockServer.url, streams: streamsServer.url, events: eventServer.url },
    close: async () => {
      await streams.close();
      for (const { close } of all) close();
    },
  };
}

async function listen(listener: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
