import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { type CuttingProxy, startCuttingProxy } from "../../src/faults/cutting-proxy.ts";
import { listen } from "../../src/listen.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const head = "HTTP/1.1 200 OK\r\n\r\n";

/** Starts the proxy before a server that sends `body` after a head, in chunks of `size` bytes. */
async function proxyTo(body: string, size = 1000): Promise<CuttingProxy> {
  const response = head + body;
  const server = createServer((socket) => {
    for (let at = 0; at < response.length; at += size) socket.write(response.slice(at, at + size));
    socket.end();
    socket.on("error", () => undefined);
  });
  const url = await listen(server);
  const proxy = await startCuttingProxy("<end>");
  proxy.setTarget(url);
  cleanups.push(
    async () => proxy[Symbol.asyncDispose](),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return proxy;
}

/** Reads everything that a client receives before the connection ends for any reason. */
async function read(proxy: CuttingProxy): Promise<string> {
  const { hostname, port } = new URL(proxy.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  await once(socket, "close");
  return text;
}

test("the proxy passes everything while no fault is set", async () => {
  const proxy = await proxyTo("0123456789<end>x", 3);
  expect(await read(proxy)).toBe(`${head}0123456789<end>x`);
});

test.each([1, 4, 100])(
  "each fault cuts one connection at its byte, with chunks of %i bytes",
  async (size) => {
    const proxy = await proxyTo("0123456789", size);
    const onHit = vi.fn();
    proxy.setFaults([
      { afterBytes: 4, onHit },
      { afterBytes: 0, onHit },
    ]);
    expect(await read(proxy)).toBe(`${head}0123`);
    expect(await read(proxy)).toBe(head);
    expect(onHit).toHaveBeenCalledTimes(2);
    expect(proxy.faultsLeft()).toBe(0);
    expect(await read(proxy)).toBe(`${head}0123456789`);
  },
);

test.each([1, 4, 100])(
  "a fault that is due later cuts before the last frame, with chunks of %i bytes",
  async (size) => {
    const proxy = await proxyTo("0123456789<end>x", size);
    proxy.setFaults([{ afterBytes: 1000, onHit: () => undefined }]);
    const text = await read(proxy);
    expect(`${head}0123456789<end>`.startsWith(text)).toBe(true);
    expect(text).not.toContain("<end>");
    expect(proxy.faultsLeft()).toBe(0);
  },
);

test("a proxy without a target closes each connection immediately", async () => {
  const proxy = await proxyTo("0123456789");
  proxy.setTarget(undefined);
  expect(await read(proxy)).toBe("");
});
