import { timeLimit } from "../store/check-option.ts";
import { BodyCollector, HttpError, bodyTooLarge } from "../http/exchange.ts";
import type { ExchangeAnswer, ExchangeRequest } from "../http/exchange.ts";
import type { DurableStreams } from "../server/durable-streams.ts";

type Listener = (...args: unknown[]) => void;

/** What is used of Node's IncomingMessage. Named here, so that these types need no others. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: {
    readonly host?: string | undefined;
    readonly [name: string]: string | string[] | undefined;
  };
  readonly socket: object;
  readonly complete: boolean;
  readonly destroyed: boolean;
  on(event: string, listener: Listener): unknown;
  removeAllListeners(event?: string): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What is used of Node's ServerResponse. */
export interface NodeResponse {
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  readonly writableLength: number;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: Record<string, string>): unknown;
  flushHeaders(): void;
  setTimeout(ms: number, listener: () => void): unknown;
  write(chunk: Uint8Array): boolean;
  end(body?: string | Uint8Array): unknown;
  destroy(error?: Error): unknown;
  on(event: string, listener: Listener): unknown;
  once(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

export interface NodeListenerOptions {
  /**
   * A client that takes nothing of its answer for so long, in milliseconds, is cut off (default
   * 60,000; Infinity for never): each holds a page in memory, and a live reader one of `limits.waitingReaders`.
   */
  stalledAfterMs?: number;
}

/** An answer that is longer than this does not simply lie in the system's buffers. */
const LONG_BODY_BYTES = 64 * 1024;

/**
 * A request listener for `node:http` and `node:https`, without the cost of Request and Response
 * objects: about half of the time of a small append.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
 * import { nodeListener } from "@freshet/durable-streams-server/node";
 *
 * const streams = createDurableStreams({ store: memoryStore() });
 * const server = createServer(nodeListener(streams)).listen(4437);
 * await streams.close();
 * server.close();
 * ```
 */
export function nodeListener(
  streams: Pick<DurableStreams, "handle">,
  options: NodeListenerOptions = {},
): (request: NodeRequest, response: NodeResponse) => void {
  const limit = timeLimit("stalledAfterMs", options.stalledAfterMs ?? 60_000);
  const stalledAfterMs = limit === Infinity ? 0 : limit; // 0 is Node's "never"
  return (request, response) => {
    // What cannot be sent must not leave the client waiting.
    answer(streams, request, response, stalledAfterMs).catch(() => response.destroy());
  };
}

async function answer(
  streams: Pick<DurableStreams, "handle">,
  request: NodeRequest,
  response: NodeResponse,
  stalledAfterMs: number,
): Promise<void> {
  // What a client that goes away in the middle leaves behind is not an error of anybody here.
  response.on("error", ignore);
  let exchange: ExchangeRequest;
  try {
    exchange = new NodeExchange(request, response);
  } catch {
    const invalid = new HttpError(400, "The request's URL or Host is not valid.").answer;
    await send(response, invalid, stalledAfterMs);
    return;
  }
  const result = await streams.handle(exchange);
  if (!request.complete) {
    // A body that nobody read would be taken for the next request.
    response.setHeader("connection", "close");
    await dropped(request);
  }
  await send(response, result, stalledAfterMs);
}

const ignore = () => undefined;

/** How long the rest of a refused body is taken and dropped before the answer, in milliseconds. */
const DROP_MS = 1000;

/** A client that is cut off while it sends does not get to read why. */
function dropped(request: NodeRequest): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DROP_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    request.on("end", done);
    request.on("close", done);
    if (request.destroyed) done();
    else request.resume();
  });
}

class NodeExchange implements ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  #controller: AbortController | undefined;

  constructor(request: NodeRequest, response: NodeResponse) {
    this.method = request.method ?? "GET";
    const target = request.url ?? "/";
    const scheme = "encrypted" in request.socket ? "https" : "http";
    const { host = "localhost" } = request.headers;
    // Or a Host such as "x/secret?" would decide about the path, unseen by a proxy that guards paths.
    if (/[/\\?#@]/.test(host)) throw new TypeError("The Host is not one.");
    const origin = `${scheme}://${host}`;
    // A target such as "//a/b" must stay a path. Others are whole URLs, which proxies send, or "*".
    if (target.startsWith("/")) this.url = new URL(origin + target);
    else this.url = new URL(URL.canParse(target) ? target : origin);
    this.#request = request;
    this.#response = response;
  }

  /** Made when somebody asks: most requests never wait for anything that could be aborted. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController();
      this.#controller = controller;
      const response = this.#response;
      if (response.destroyed) controller.abort();
      response.once("close", () => {
        if (!response.writableFinished) controller.abort();
      });
    }
    return this.#controller.signal;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  body(maxBytes: number): Promise<Uint8Array> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const collector = new BodyCollector(maxBytes, this.header("content-length"));
      request.on("data", (chunk) => {
        try {
          collector.push(chunk as Uint8Array);
        } catch {
          request.pause();
          request.removeAllListeners("data");
          reject(bodyTooLarge(maxBytes));
        }
      });
      let isWhole = false;
      request.on("end", () => {
        isWhole = true;
        resolve(collector.end());
      });
      const cutShort = () => {
        // It comes after the end of a whole body too, and an error is not made for nothing.
        if (isWhole) return;
        reject(new HttpError(400, "The body ended before it was complete. Nothing was stored."));
      };
      request.on("error", reject);
      request.on("close", cutShort);
      // The client left while a hook was asked: there will be no event any more.
      if (request.destroyed) cutShort();
    });
  }

  toRequest(): Request {
    const headers = new Headers();
    for (const [name, value] of Object.entries(this.#request.headers)) {
      for (const each of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, each);
    }
    return new Request(this.url, { method: this.method, headers, signal: this.signal });
  }
}

async function send(
  response: NodeResponse,
  { status, headers, body }: ExchangeAnswer,
  stalledAfterMs: number,
): Promise<void> {
  // The timer is of silence; a live reader that has all there is may be silent for longer.
  const cutOff = () => {
    if (response.writableLength > 0) response.destroy();
  };
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    const length = body === undefined ? 0 : byteLength(body);
    if (body !== undefined) headers["content-length"] = String(length);
    if (length > LONG_BODY_BYTES) response.setTimeout(stalledAfterMs, cutOff);
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  const iterator = body[Symbol.asyncIterator]();
  response.setTimeout(stalledAfterMs, cutOff);
  response.once("close", () => void iterator.return?.());
  response.writeHead(status, headers);
  response.flushHeaders();
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done || response.destroyed) break;
      if (!response.write(next.value)) await drained(response);
    }
    response.end();
  } catch (error) {
    // A body that failed must not look like one that ended.
    response.destroy(error instanceof Error ? error : undefined);
  } finally {
    await iterator.return?.();
  }
}

function byteLength(body: string | Uint8Array): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

function drained(response: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}
