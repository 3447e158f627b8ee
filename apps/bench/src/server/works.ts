import { Pool } from "undici";
import { percentile } from "../harness.ts";
import type { BenchServer } from "./servers.ts";

/** 256 bytes of JSON. */
const message = JSON.stringify({ text: "x".repeat(256 - 11) });
const type = { "content-type": "application/json" };

let streams = 0;

/** The load: a pool of kept-alive connections to one server. */
export class Load {
  readonly server: BenchServer;
  readonly #pool: Pool;
  readonly #root: string;

  constructor(server: BenchServer, connections: number) {
    this.server = server;
    const { origin, pathname } = new URL(server.url);
    this.#root = pathname;
    this.#pool = new Pool(origin, { connections, pipelining: 1 });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async create(contentType: string = type["content-type"]): Promise<string> {
    const path = `${this.#root}/bench-${String(++streams)}`;
    await this.#expect(201, { method: "PUT", path, headers: { "content-type": contentType } });
    return path;
  }

  /** `count` appends by `writers` at once, over the streams in turn. Returns what a stream then has. */
  async append(paths: readonly string[], writers: number, count: number): Promise<void> {
    let next = 0;
    const write = async (writer: number) => {
      const path = paths[writer % paths.length] ?? "";
      const id = `w${String(writer)}-${String(++streams)}`;
      for (let seq = 0; next++ < count; seq++) {
        const headers = {
          ...type,
          "producer-id": id,
          "producer-epoch": "0",
          "producer-seq": String(seq),
        };
        await this.#expect(200, { method: "POST", path, headers, body: message });
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  }

  /** Fills a stream with so many messages, many to a request. */
  async fill(path: string, count: number): Promise<void> {
    for (let left = count; left > 0; left -= 10_000) {
      const body = `[${Array<string>(Math.min(left, 10_000)).fill("1").join(",")}]`;
      await this.#expect(204, { method: "POST", path, headers: type, body });
    }
  }

  /** Reads a stream from its start to its end. Returns how many bytes of messages came. */
  async readAll(path: string): Promise<number> {
    let bytes = 0;
    for (let offset = "-1"; ;) {
      const { statusCode, headers, body } = await this.#pool.request({
        method: "GET",
        path: `${path}?offset=${offset}`,
      });
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      bytes += (await body.arrayBuffer()).byteLength;
      offset = String(headers["stream-next-offset"]);
      if (headers["stream-up-to-date"] !== undefined) return bytes;
    }
  }

  async tail(path: string): Promise<string> {
    const answer = await this.#pool.request({ method: "HEAD", path });
    await answer.body.dump();
    return String(answer.headers["stream-next-offset"]);
  }

  async readAt(path: string, offset: string): Promise<void> {
    await this.#expect(200, { method: "GET", path: `${path}?offset=${offset}` });
  }

  async #expect(
    status: number,
    request: {
      method: "GET" | "PUT" | "POST";
      path: string;
      headers?: Record<string, string>;
      body?: string;
    },
  ): Promise<void> {
    const { statusCode, body } = await this.#pool.request(request);
    await body.dump({ limit: 1e9 });
    if (statusCode !== status) {
      throw new Error(`${this.server.name}: ${request.method} answered ${statusCode}`);
    }
  }
}

/**
 * How long each of `readers` SSE readers waits for an append, from before it is sent, in
 * milliseconds: the median over all readers and appends.
 */
export async function sseLatency(
  server: BenchServer,
  readers: number,
  appends: number,
): Promise<number> {
  const load = new Load(server, 1);
  const path = await load.create();
  const { origin } = new URL(server.url);
  const pool = new Pool(origin, { connections: readers, bodyTimeout: 0 });
  const abort = new AbortController();
  const latencies: number[] = [];
  let sent = 0;
  let received = 0;
  let allHere: () => void = () => undefined;
  const listen = async () => {
    const { body } = await pool.request({
      method: "GET",
      path: `${path}?offset=-1&live=sse`,
      signal: abort.signal,
    });
    for await (const chunk of body) {
      if (!(chunk as Buffer).includes("event: data")) continue;
      latencies.push(performance.now() - sent);
      if (++received % readers === 0) allHere();
    }
  };
  const listening = Array.from({ length: readers }, () =>
    listen().catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let n = 0; n < appends; n++) {
    const arrived = new Promise<void>((resolve) => (allHere = resolve));
    sent = performance.now();
    await load.append([path], 1, 1);
    await arrived;
  }
  abort.abort();
  await Promise.all(listening);
  await Promise.all([pool.destroy(), load.close()]);
  return percentile(latencies.slice(readers), 50);
}

/** What a stream costs, and a reader that waits, in bytes, at `count` of each. */
export async function memoryOf(
  server: BenchServer,
  count: number,
): Promise<{ stream: number; reader: number }> {
  const load = new Load(server, 64);
  const empty = await server.memory();
  const paths: string[] = [];
  while (paths.length < count) {
    const batch = Array.from({ length: Math.min(100, count - paths.length) }, () => load.create());
    paths.push(...(await Promise.all(batch)));
  }
  const withStreams = await server.memory();
  const waiting = new Pool(new URL(server.url).origin, { connections: count, headersTimeout: 0 });
  const abort = new AbortController();
  for (let n = 0; n < count; n++) {
    const path = `${paths[n % paths.length] ?? ""}?offset=now&live=long-poll`;
    waiting.request({ method: "GET", path, signal: abort.signal }).catch(() => undefined);
    if (n % 500 === 499) await load.tail(paths[0] ?? "");
  }
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const withReaders = await server.memory();
  abort.abort();
  await Promise.all([waiting.destroy(), load.close()]);
  return { stream: (withStreams - empty) / count, reader: (withReaders - withStreams) / count };
}
