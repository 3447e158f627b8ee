import { Pool } from "undici";
import { Connection } from "./connection.ts";
import type { BenchServer } from "./servers.ts";

/** 256 bytes of JSON. */
export const message: string = JSON.stringify({ text: "x".repeat(256 - 11) });
const type = { "content-type": "application/json" };

let names = 0;

export interface AppendWork {
  /** The number of streams that the writers share. */
  readonly streams: number;
  readonly writers: number;
  /** The number of appends of a writer in flight (default 1): more is HTTP pipelining. */
  readonly inFlight?: number;
  /** The number of appends of all writers together. */
  readonly count: number;
}

/** The load on one server: a connection for each writer, and a pool for everything else. */
export class Load {
  readonly server: BenchServer;
  readonly #pool: Pool;
  readonly #url: URL;
  readonly #writers: readonly Connection[];

  constructor(server: BenchServer, writers: number) {
    this.server = server;
    this.#url = new URL(server.url);
    this.#pool = new Pool(this.#url.origin, { connections: 16 });
    this.#writers = Array.from({ length: writers }, () => new Connection(this.#url));
  }

  close(): Promise<void> {
    for (const writer of this.#writers) writer.close();
    return this.#pool.destroy();
  }

  async create(): Promise<string> {
    const path = `${this.#url.pathname}/bench-${String(++names)}`;
    await this.#expect(201, { method: "PUT", path, headers: type });
    return path;
  }

  /** Appends messages one by one, by idempotent producers, to the paths in turn. */
  async append(paths: readonly string[], { count, inFlight = 1 }: AppendWork): Promise<void> {
    let left = count;
    const write = async (connection: Connection, writer: number) => {
      const start = this.#appendHead(paths[writer % paths.length] ?? "", {
        "producer-id": `w${String(writer)}-${String(++names)}`,
        "producer-epoch": "0",
        "content-length": String(message.length),
      });
      let seq = 0;
      const lane = async () => {
        while (left-- > 0) {
          const request = `${start}producer-seq: ${String(seq++)}\r\n\r\n${message}`;
          this.#check(200, "POST", await connection.send(request));
        }
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
    };
    await Promise.all(this.#writers.map(write));
  }

  /** Fills a stream with so many small messages, ten per append, each append a record. */
  async fill(path: string, count: number): Promise<void> {
    const [connection] = this.#writers;
    if (!connection) throw new Error("This load has no writer.");
    let left = count;
    const lane = async () => {
      while (left > 0) {
        const messages = Math.min(left, 10);
        left -= messages;
        const body = `[${Array<string>(messages).fill("1").join(",")}]`;
        const head = this.#appendHead(path, { "content-length": String(body.length) });
        this.#check(204, "POST", await connection.send(`${head}\r\n${body}`));
      }
    };
    await Promise.all(Array.from({ length: 64 }, lane));
  }

  /** Reads a stream of {@link message}s from its start to its end. Returns their number. */
  async readAll(path: string): Promise<number> {
    let messages = 0;
    for (let offset = "-1"; ;) {
      const { statusCode, headers, body } = await this.#pool.request({
        method: "GET",
        path: `${path}?offset=${offset}`,
      });
      this.#check(200, "GET", statusCode);
      // A page is an array: each message with a comma or the last bracket, after the first bracket.
      messages += ((await body.arrayBuffer()).byteLength - 1) / (message.length + 1);
      offset = String(headers["stream-next-offset"]);
      if (headers["stream-up-to-date"] !== undefined) return messages;
    }
  }

  async tail(path: string): Promise<string> {
    const response = await this.#pool.request({ method: "HEAD", path });
    await response.body.dump();
    return String(response.headers["stream-next-offset"]);
  }

  async readAt(path: string, offset: string): Promise<void> {
    await this.#expect(200, { method: "GET", path: `${path}?offset=${offset}` });
  }

  /** Formats a request's head without its last line break, so that headers can follow. */
  #appendHead(path: string, headers: Record<string, string>): string {
    const lines = Object.entries({ host: this.#url.host, ...type, ...headers });
    const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return `POST ${path} HTTP/1.1\r\n${text}`;
  }

  async #expect(status: number, request: Parameters<Pool["request"]>[0]): Promise<void> {
    const { statusCode, body } = await this.#pool.request(request);
    await body.dump({ limit: 1e9 });
    this.#check(status, String(request.method), statusCode);
  }

  #check(expected: number, method: string, status: number): void {
    if (status === expected) return;
    throw new Error(
      `${this.server.name}: ${method} failed with status ${status}, expected ${expected}.`,
    );
  }
}
