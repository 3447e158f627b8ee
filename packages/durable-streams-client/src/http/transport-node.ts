// https://github.com/nodejs/undici/blob/v7.x/docs/docs/api/Dispatcher.md
import { iterateBytes } from "@freshet/core";
import { Agent } from "undici";
import { FetchError } from "../errors.ts";
import { toAbortSignal } from "./interrupt.ts";
import { readableStream } from "./readable-stream.ts";
import { concat } from "./bytes.ts";
import { isUnsent } from "./transport-fetch.ts";
import type {
  DispatcherLike,
  Transport,
  TransportRequest,
  TransportResponse,
} from "./transport.ts";

/** Neither undici nor the `fetch` of Node sends a request twice by itself. */
export const platformResends: boolean = false;

let sharedAgent: Agent | undefined;

/**
 * The transport in Node: undici's dispatcher, which costs less for each request than the `fetch` made
 * of it, on one kept-alive pool for the whole process. Idle sockets do not keep the process alive.
 */
export function platformTransport(dispatcher?: DispatcherLike): Transport {
  return (request) =>
    new Promise((resolve, reject) => {
      // The deadlines are the caller's (they know a long-poll from an append), so undici has none but
      // for connecting, which would go on when nobody waits for it any more.
      sharedAgent ??= new Agent({ bodyTimeout: 0, headersTimeout: 0, connectTimeout: 10_000 });
      const target: DispatcherLike = dispatcher ?? sharedAgent;
      // The URL is normalized: the path begins at the first slash after the host.
      const pathStart = request.url.indexOf("/", "https://".length);
      const exchange = new UndiciExchange(request, resolve, reject);
      target.dispatch(
        {
          origin: request.url.slice(0, pathStart),
          path: request.url.slice(pathStart),
          method: request.method,
          // gzip costs more time than it saves wherever bytes are cheap, as they are between
          // servers; a caller far away asks for it in `headers`.
          headers: { "accept-encoding": "identity", ...request.headers },
          body: request.body ?? null,
          bodyTimeout: 0,
          headersTimeout: 0,
        },
        exchange,
      );
    });
}

/** undici's controller of one request. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

type Headers = Record<string, string | string[] | undefined>;
interface Waiting {
  resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  reject: (error: unknown) => void;
}

const end: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/** More than this, received and not yet asked for, stops the reading from the socket. */
const highWaterMark = 512 * 1024;

/** Pieces that make no more than this together are put together: copying them costs next to nothing. */
const maxMergedBytes = 16 * 1024;

/** undici's handler of one request, and the body of its answer. */
class UndiciExchange implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #request: TransportRequest;
  readonly #resolve: (response: TransportResponse) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Controller | undefined;
  #chunks: Uint8Array[] = [];
  #bufferedBytes: number = 0;
  #isPaused: boolean = false;
  #waiting: Waiting | undefined;
  #ended: boolean = false;
  #error: { reason: unknown } | undefined;

  constructor(
    request: TransportRequest,
    resolve: (response: TransportResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    request.signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#request.signal.aborted) this.#onAbort();
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    };
    const isEmpty =
      this.#request.method === "HEAD" || status === 204 || header("content-length") === "0";
    try {
      const body = isEmpty ? undefined : this.#decompress(header("content-encoding"), status);
      this.#resolve({ status, header, body });
    } catch (error) {
      this.#controller?.abort(error as Error);
      this.#reject(error);
    }
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.byteLength;
    // One packet often holds several pieces (an SSE event is four): they are given together, once the
    // parser has gone through it.
    if (this.#waiting && this.#chunks.length === 1) queueMicrotask(this.#give);
    if (this.#bufferedBytes >= highWaterMark) {
      this.#isPaused = true;
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#finish();
    this.#give();
  }

  onResponseError(_controller: Controller | null, error: unknown): void {
    this.#finish();
    if (this.#error) return; // an abort, which has said so itself
    if (this.#chunks.length > 0) this.#give(); // what came before the end is good
    this.#fail(isUnsent(error) ? Object.assign(error as Error, { unsent: true }) : error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#take();
    if (chunk) return Promise.resolve({ done: false, value: chunk });
    if (this.#error) return Promise.reject(this.#error.reason);
    if (this.#ended) return Promise.resolve(end);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#chunks = [];
    if (!this.#ended) this.#controller?.abort(new Error("The reader left before the end."));
    this.#waiting?.resolve(end);
    this.#waiting = undefined;
    return Promise.resolve(end);
  }

  /** What is there, in one piece if it is small. */
  #take(): Uint8Array | undefined {
    const isSmall = this.#chunks.length > 1 && this.#bufferedBytes <= maxMergedBytes;
    const chunk = isSmall ? concat(this.#chunks.splice(0)) : this.#chunks.shift();
    if (!chunk) return undefined;
    this.#bufferedBytes -= chunk.byteLength;
    if (this.#isPaused && this.#bufferedBytes < highWaterMark / 2) {
      this.#isPaused = false;
      this.#controller?.resume();
    }
    return chunk;
  }

  /** Serves the read that waits. */
  readonly #give = (): void => {
    const waiting = this.#waiting;
    if (!waiting) return;
    const value = this.#take();
    if (!value && !this.#ended) return;
    this.#waiting = undefined;
    waiting.resolve(value ? { done: false, value } : end);
  };

  readonly #onAbort = (): void => {
    const reason: unknown = this.#request.signal.reason;
    // Without a connection nothing was sent, and will not be.
    if (!this.#controller && reason instanceof FetchError) reason.unsent = true;
    // At once: undici tells of it only when the connection is there, or is gone.
    this.#fail(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  };

  #fail(reason: unknown): void {
    this.#error = { reason };
    this.#reject(reason);
    this.#waiting?.reject(reason);
    this.#waiting = undefined;
  }

  #finish(): void {
    this.#ended = true;
    this.#request.signal.removeEventListener("abort", this.#onAbort);
  }

  #decompress(
    encoding: string | undefined,
    status: number,
  ): AsyncIterableIterator<Uint8Array, undefined> {
    if (encoding === undefined || encoding === "identity") return this;
    if (encoding !== "gzip" && encoding !== "deflate") {
      throw new FetchError(
        "HTTP_ERROR",
        `The answer is compressed with ${encoding}: ask for gzip, deflate or identity in the accept-encoding header.`,
        { url: this.#request.url, status },
      );
    }
    const inflate = new DecompressionStream(encoding) as TransformStream<Uint8Array, Uint8Array>;
    const signal = toAbortSignal(this.#request.signal);
    return iterateBytes(readableStream(this).pipeThrough(inflate), { signal });
  }
}
