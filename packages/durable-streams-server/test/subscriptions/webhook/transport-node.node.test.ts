import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { sendWebhook } from "../../../src/subscriptions/webhook/transport-node.ts";
import { listen } from "../../support/serve.ts";

let servers: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
  servers = [];
});

/** A server on loopback that treats each connection by `handle`, once a request has begun. */
async function raw(handle: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      handle(socket);
    });
  });
  servers.push({ server, sockets });
  return listen(server);
}

const head = "HTTP/1.1 200 OK\r\n";
const endless = (socket: Socket) => {
  socket.write(`${head}\r\n`);
  const write = () => {
    while (!socket.destroyed && socket.write("x".repeat(16_384)));
  };
  socket.on("drain", write);
  write();
};

const failures: Record<string, () => Promise<string>> = {
  "a host that does not resolve": () => Promise.resolve("https://nowhere.invalid/hook"),
  "a host without a public address": () => Promise.resolve("https://localhost./hook"),
  "a port where nobody listens": async () => {
    const url = await raw(() => undefined);
    const { server } = servers.pop() ?? {};
    await new Promise((resolve) => server?.close(resolve));
    return url;
  },
  "no TLS where TLS is expected": async () =>
    (await raw((socket) => socket.end(`${head}\r\n`))).replace("http:", "https:"),
  "a connection that is reset": () => raw((socket) => socket.resetAndDestroy()),
  "a connection that is closed": () => raw((socket) => socket.end()),
  "a response that is not HTTP": () => raw((socket) => socket.end("hello\r\n\r\n")),
  "headers without an end": () => raw((socket) => socket.write(`${head}x: ${"x".repeat(99_999)}`)),
  "an upgrade": () =>
    raw((socket) => socket.write("HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")),
  "a reset within the body": () =>
    raw((socket) => {
      socket.write(`${head}content-length: 9\r\n\r\nx`, () => socket.resetAndDestroy());
    }),
  "a body that is cut short": () =>
    raw((socket) => socket.end(`${head}content-length: 9\r\n\r\nx`)),
  "a body without an end": () => raw(endless),
};

const call = (url: string, signal: AbortSignal) => {
  const target = new URL(url.replace("127.0.0.1", "localhost"));
  const isLocal = target.hostname === "localhost";
  return sendWebhook({ url: target, headers: {}, body: "{}", allowLocal: isLocal, signal });
};

describe("a failure of a webhook is a rejection, and nothing is left unhandled", () => {
  test.each(Object.entries(failures))("%s", async (_, start) => {
    const signal = AbortSignal.timeout(10_000);
    await expect(call(await start(), signal)).rejects.toThrow();
    expect(signal.aborted).toBe(false);
  });

  test("no response until the signal aborts", async () => {
    const aborting = new AbortController();
    const url = await raw(() => {
      aborting.abort(new Error("the lease has ended"));
    });
    await expect(call(url, aborting.signal)).rejects.toThrow("aborted");
  });
});

test("a local name reaches the local server only where that is allowed", async () => {
  const server = createHttpServer((_, response) => response.end("here"));
  servers.push({ server, sockets: new Set() });
  const url = new URL((await listen(server)).replace("127.0.0.1", "localhost"));
  const signal = AbortSignal.timeout(10_000);
  const request = { url, headers: {}, body: "{}", signal };
  expect((await sendWebhook({ ...request, allowLocal: true })).body).toBe("here");
  await expect(sendWebhook({ ...request, allowLocal: false })).rejects.toThrow("no public address");
});
