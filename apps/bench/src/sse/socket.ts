import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createSession } from "better-sse";
import { compare, type Comparison, type Contestant } from "../harness.ts";
import { versioned } from "../report.ts";
import { handlers } from "./emit.ts";
import { textsOf, type AgentEventOf } from "./streams.ts";

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function read(url: string): Promise<string> {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  let body = "";
  for await (const chunk of response) body += chunk as string;
  return body;
}

function betterSse(events: readonly AgentEventOf[]): Server {
  return createServer((request, response) => {
    void (async () => {
      const session = await createSession(request, response);
      for (const { type, ...data } of events) session.push(data, type);
      response.end();
    })();
  });
}

/** Compares responses over a loopback socket, all under node:http, fetch handlers by @hono/node-server. */
export async function compareSockets(
  workload: string,
  events: readonly AgentEventOf[],
): Promise<Comparison> {
  const servers = (await handlers(events)).map(({ name, fetch }) => {
    const listener = getRequestListener(fetch);
    return { name, server: createServer((request, response) => void listener(request, response)) };
  });
  servers.push({ name: `${await versioned("better-sse")} session`, server: betterSse(events) });
  try {
    const contestants: Contestant<string>[] = [];
    for (const { name, server } of servers) {
      const url = await listen(server);
      contestants.push({ name, run: () => read(url) });
    }
    return await compare(workload, {
      contestants: contestants as [Contestant<string>, ...Contestant<string>[]],
      equal: (ours, theirs) => textsOf(ours) === textsOf(theirs),
      units: events.length,
    });
  } finally {
    for (const { server } of servers) server.close();
  }
}
