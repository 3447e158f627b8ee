import { createServer } from "node:net";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { type CuttingProxy, startCuttingProxy } from "../../src/faults/cutting-proxy.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const head = "HTTP/1.1 200 OK\r\n\r\n";

/** A server that sends `body` behind a head, in pieces of `size` bytes, and then closes. */
async function answering(body: string, size = 1000): Promise<CuttingProxy> {
  const answer = head + body;
  const server = createServer((socket) => {
    for (let at = 0; at < answer.length; at += size) socket.write(answer.slice(at, at + size));
    socket.end();
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const proxy = await startCuttingProxy("<end>");
  proxy.setTarget(`http://127.0.0.1:${address.port}`);
  cleanups.push(
    () => proxy.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return proxy;
}

/** What a client gets before the connection ends, in whatever way. */
async function read(proxy: CuttingProxy): Promise<string> {
  const { hostname, port } = new URL(proxy.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  await once(socket, "close");
  return text;
}

test("without faults everything passes", async () => {
  const proxy = await answering("0123456789<end>x", 3);
  expect(await read(proxy)).toBe(`${head}0123456789<end>x`);
});

test.each([1, 4, 100])(
  "each fault hits one connection at its byte, in pieces of %i",
  async (size) => {
    const proxy = await answering("0123456789", size);
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
  "a fault that is due later hits before the last frame, in pieces of %i",
  async (size) => {
    const proxy = await answering("0123456789<end>x", size);
    proxy.setFaults([{ afterBytes: 1000, onHit: () => undefined }]);
    const text = await read(proxy);
    expect(`${head}0123456789<end>`.startsWith(text)).toBe(true);
    expect(text).not.toContain("<end>");
    expect(proxy.faultsLeft()).toBe(0);
  },
);

test("with nothing behind it, it closes at once", async () => {
  const proxy = await answering("0123456789");
  proxy.setTarget(undefined);
  expect(await read(proxy)).toBe("");
});
