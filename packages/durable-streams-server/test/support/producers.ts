import { strict as assert } from "node:assert";
import { Agent, request } from "node:http";
import { delay } from "@freshet/core";

export interface SentResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request on a kept-alive connection; rejects when the connection breaks. */
export function send(
  agent: Agent,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<SentResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
      response.on("aborted", () => reject(new Error("aborted")));
    });
    outgoing.setTimeout(15_000, () => outgoing.destroy(new Error("no response for 15 s")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Creates a stream, however often the server is away. */
export async function createStream(url: string, contentType = "application/json"): Promise<void> {
  for (;;) {
    const response = await fetch(url, {
      method: "PUT",
      headers: { "content-type": contentType },
    }).catch(() => undefined);
    if (response?.ok) return;
    await delay(50);
  }
}

/**
 * Idempotent producers that write as fast as they can, and send again whatever was not acknowledged:
 * what a client must do. Each message says who wrote it and which one it is.
 */
export class Producers {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #streams: readonly string[];
  readonly #acknowledged: number[];
  readonly #writing: Promise<unknown>;
  #isStopped = false;
  #total = 0;
  #waiting: { total: number; resolve: () => void }[] = [];

  constructor(streams: readonly string[], count: number) {
    this.#streams = streams;
    this.#acknowledged = Array<number>(count).fill(0);
    this.#writing = Promise.all(this.#acknowledged.map((_, id) => this.#write(id)));
  }

  /** Resolves when so many more were acknowledged. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ total: this.#total + count, resolve }));
  }

  /** No new messages; what was sent is sent until it is acknowledged. */
  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#writing;
    this.#agent.destroy();
    return this.#total;
  }

  /** Every acknowledged message is in its stream once, in order, and nothing else is. */
  async check(readStream: (url: string) => Promise<unknown[]> = readJson): Promise<void> {
    for (const [index, url] of this.#streams.entries()) {
      this.checkMessages(index, await readStream(url));
    }
  }

  checkMessages(stream: number, messages: readonly unknown[]): void {
    const next = new Map<number, number>();
    for (const message of messages as { id: number; n: number }[]) {
      assert.equal(message.n, next.get(message.id) ?? 0, `producer ${message.id}, in order`);
      next.set(message.id, message.n + 1);
    }
    for (const [id, acknowledged] of this.#acknowledged.entries()) {
      if (id % this.#streams.length !== stream) continue;
      assert.equal(next.get(id) ?? 0, acknowledged, `producer ${id}: each once`);
    }
  }

  async #write(id: number): Promise<void> {
    const url = this.#streams[id % this.#streams.length] ?? "";
    for (let n = 0; !this.#isStopped; n++) {
      await this.#deliver(url, id, n);
      this.#acknowledged[id] = n + 1;
      this.#total++;
      const reached = this.#waiting.filter(({ total }) => total <= this.#total);
      this.#waiting = this.#waiting.filter(({ total }) => total > this.#total);
      for (const { resolve } of reached) resolve();
    }
  }

  async #deliver(url: string, id: number, n: number): Promise<void> {
    const headers = {
      "content-type": "application/json",
      "producer-id": `p${id}`,
      "producer-epoch": "0",
      "producer-seq": String(n),
    };
    for (;;) {
      try {
        const { status, body } = await send(
          this.#agent,
          "POST",
          url,
          headers,
          JSON.stringify({ id, n, padding: "x".repeat(200) }),
        );
        if (status === 200 || status === 204) return;
        assert.ok(status === 503 || status === 507, `status ${status}: ${body}`);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
      await delay(10);
    }
  }
}

/** All messages of a JSON stream, page by page. */
export async function readJson(url: string): Promise<unknown[]> {
  const messages: unknown[] = [];
  for (let offset = "-1"; ;) {
    const response = await fetch(`${url}?offset=${offset}`);
    assert.equal(response.status, 200, url);
    for (const message of (await response.json()) as unknown[]) messages.push(message);
    if (response.headers.has("stream-up-to-date")) return messages;
    offset = response.headers.get("stream-next-offset") ?? "";
  }
}
