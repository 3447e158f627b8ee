import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { createStream } from "./support/producers.ts";
import { buildCommand, ServerProcess } from "./support/server-process.ts";

const READERS = 100;
const BLOCKS = 32;
const BLOCK_BYTES = 1024 * 1024;

beforeAll(buildCommand, 120_000);

/** A reader that sends a request and never reads the response. */
function stuckReader(url: URL, query: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () => {
      socket.write(`GET ${url.pathname}?${query} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
      socket.pause();
      resolve(socket);
    });
    socket.on("error", reject);
  });
}

test("readers that do not read cost the server one page each, not the whole stream", async () => {
  const path = await mkdtemp(join(tmpdir(), "freshet-slow-"));
  const server = await ServerProcess.start(["--data", path]);
  const sockets: Socket[] = [];
  try {
    const url = `${server.url}/slow`;
    await createStream(url, "text/plain");
    for (let n = 0; n < READERS; n++) {
      sockets.push(await stuckReader(new URL(url), "live=sse&offset=-1"));
    }
    const block = "x".repeat(BLOCK_BYTES);
    for (let n = 0; n < BLOCKS; n++) {
      const headers = { "content-type": "text/plain" };
      const response = await fetch(url, { method: "POST", headers, body: block });
      expect(response.status).toBe(204);
    }
    const memory =
      (await server.metric("nodejs_external_memory_bytes")) +
      (await server.metric("nodejs_heap_size_used_bytes"));
    // The whole stream for each reader would be 3.2 GiB. A few pages for each are allowed.
    expect(memory).toBeLessThan(READERS * 4 * BLOCK_BYTES);
    expect(await server.metric("durable_streams_waiting_readers")).toBe(READERS);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(() => server.metric("durable_streams_waiting_readers"), { timeout: 20_000 })
      .toBe(0);
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.stop("SIGKILL");
    await rm(path, { recursive: true });
  }
}, 60_000);
