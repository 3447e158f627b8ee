import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDurableStreams, memoryStore, type DurableStreams } from "../../src/index.ts";
import { guardServer, nodeListener, type ServerGuardOptions } from "../../src/node/index.ts";
import { bearerCheck } from "../../src/cli/bearer-check.ts";
import { listen } from "../support/serve.ts";

let streams: DurableStreams;
let server: Server;
let url: string;

async function start(options: ServerGuardOptions = {}): Promise<void> {
  server = createServer(nodeListener(streams));
  guardServer(server, options);
  url = await listen(server);
}

beforeEach(() => {
  streams = createDurableStreams({ store: memoryStore() });
});
afterEach(async () => {
  await streams.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(text = ""): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(text));
  socket.on("error", () => undefined);
  return socket;
}

async function responseOn(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += (chunk as Buffer).toString("latin1");
  return text;
}

const manyHeaders = (count: number) => "a:\r\n".repeat(count);
const host = "host: x\r\nconnection: close\r\n";

test.each<[string, number, string]>([
  ["no HTTP", 400, "hello\r\n\r\n"],
  ["a method of other protocols", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["two lengths", 400, `PUT /a HTTP/1.1\r\n${host}content-length: 1\r\ncontent-length: 2\r\n\r\n`],
  ["no Host", 400, "GET /a HTTP/1.1\r\nconnection: close\r\n\r\n"],
  ["a Host that is none", 400, "GET /a HTTP/1.1\r\nhost: x/y\r\nconnection: close\r\n\r\n"],
  ["a long header", 431, `GET /a HTTP/1.1\r\n${host}x: ${"x".repeat(17_000)}\r\n\r\n`],
  ["2,001 headers", 431, `GET /a HTTP/1.1\r\n${host}${manyHeaders(1999)}\r\n`],
  ["3,500 headers", 431, `GET /a HTTP/1.1\r\n${host}${manyHeaders(3498)}\r\n`],
  ["2,000 headers", 404, `GET /a HTTP/1.1\r\n${host}${manyHeaders(1998)}\r\n`],
  ["an expectation", 417, `PUT /a HTTP/1.1\r\n${host}expect: wonders\r\ncontent-length: 0\r\n\r\n`],
])(
  "a request with %s gets a %s with a reason and the security headers",
  async (_, status, text) => {
    await start();
    const [head = "", body = ""] = (await responseOn(open(text))).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    for (const header of [
      /^x-content-type-options: nosniff$/im,
      /^cross-origin-resource-policy: same-origin$/im,
      /^cache-control: no-store$/im,
      /^content-type: text\/plain/im,
    ]) {
      expect(head).toMatch(header);
    }
    expect(body).toMatch(/\w+ \w+ .*\./);
  },
);

test("a server without the guard refuses headers that Node would drop", async () => {
  server = createServer(nodeListener(streams));
  url = await listen(server);
  for (const [count, status] of [
    [990, 404],
    [1000, 431],
    [3500, 431],
  ] as const) {
    const request = `GET /a HTTP/1.1\r\n${host}${manyHeaders(count)}\r\n`;
    expect(await responseOn(open(request))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test("a connection that sends nothing is closed", async () => {
  await start({ firstByteTimeoutMs: 100 });
  const silent = Array.from({ length: 50 }, () => open());
  const answers = await Promise.all(silent.map(responseOn));
  expect(new Set(answers)).toEqual(new Set([""]));
});

test("headers that do not arrive in time are a 408", async () => {
  await start({ headersTimeoutMs: 200 });
  expect(await responseOn(open("GET /a HTTP/1.1\r\nhost: x\r\n"))).toMatch(
    /^HTTP\/1.1 408 [^]*did not arrive in time/,
  );
});

test("a body that arrives too slowly is a 408, and one that is fast enough is not", async () => {
  await start({ minBodyBytesPerSecond: 1000 });
  const head = "PUT /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
  const slow = open(`${head}content-length: 100000\r\n\r\nabc`);
  const chunked = open(`${head}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  const fast = open(`${head}content-length: 100000\r\n\r\n`);
  let fed = 0;
  const feed = (bytes: number) => {
    fed += bytes;
    fast.write("x".repeat(bytes));
  };
  const feeding = setInterval(() => feed(400), 100);
  const slowResponses = await Promise.all([slow, chunked].map(responseOn));
  clearInterval(feeding);
  for (const response of slowResponses) {
    expect(response).toMatch(/^HTTP\/1.1 408 [^]*less than 1000 bytes per second/);
  }
  feed(100_000 - fed);
  expect(await responseOn(fast)).toMatch(/^HTTP\/1.1 201 /);
}, 30_000);

test("there are no more connections than the limit", async () => {
  await start({ maxConnections: 2 });
  const sockets = Array.from({ length: 5 }, () => open());
  let closed = 0;
  for (const socket of sockets) socket.once("close", () => closed++);
  await expect.poll(() => closed).toBe(3);
  for (const socket of sockets) socket.destroy();
});

test.each(["Bearer", "bearer", "BEARER"])("a token is accepted after %s", (scheme) => {
  const isAllowed = bearerCheck(["secret"]);
  expect(isAllowed(`${scheme} secret`)).toBe(true);
  expect(isAllowed(`${scheme} Secret`)).toBe(false);
  for (const other of [`${scheme}secret`, `${scheme} `, "Basic secret", "secret", "", null]) {
    expect(isAllowed(other), String(other)).toBe(false);
  }
  expect(bearerCheck([])(undefined)).toBe(true);
});
