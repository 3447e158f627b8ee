// https://github.com/nodejs/undici/blob/v7.x/docs/docs/api/Dispatcher.md
import { concatBytes, iterateBytes, toReadableStream } from "@freshet/core";
import type { Agent } from "undici";
import { FetchError } from "../errors.ts";
import { toAbortSignal } from "./interrupt.ts";
import { makeAgent, waitForConnection } from "./node-agent.ts";
import { shownUrl } from "./shown-url.ts";
import { isUnsent } from "./transport-fetch.ts";
import {
  type DispatcherLike,
  type Transport,
  type TransportRequest,
  type TransportResponse,
  UnsentError,
} from "./transport.ts";

/** Neither undici nor the `fetch` of Node repeats a request by itself. */
export const platformResends: boolean = false;

let sharedAgent: Agent | undefined;

/**
 * The transport in Node: undici's dispatcher, which costs less per request than the `fetch` on top of
 * it, with one pool of kept-alive connections per process. Idle sockets do not keep the process alive.
 */
export function platformTransport(dispatcher?: DispatcherLike): Transport {
  return (request) =>
    new Promise((resolve, reject) => {
      const target: DispatcherLike = dispatcher ?? (sharedAgent ??= makeAgent());
      // The URL is normalized: the path begins at the first slash after the host.
      const pathStart = request.url.indexOf("/", "https://".length);
      const origin = request.url.slice(0, pathStart);
      const handler = new UndiciRequest(request, waitForConnection(origin), resolve, reject);
      target.dispatch(
        {
          origin,
          path: request.url.slice(pathStart),
          method: request.method,
          // Between servers gzip costs more time than it saves; a distant client sets it in `headers`.
          headers: { "accept-encoding": "identity", ...request.headers },
          body: request.body ?? null,
          bodyTimeout: 0,
          headersTimeout: 0,
        },
        handler,
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

/** More unread bytes than this pause the socket. */
const highWaterMark = 512 * 1024;

/** Chunks of no more than this in total are merged: copying them costs next to nothing. */
const maxMergedBytes = 16 * 1024;

/** undici's handler of one request, which is also the iterator of the response body. */
class UndiciRequest implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #request: TransportRequest;
  /** Reports, once, that the request no longer waits for a connection. */
  #onConnected: (() => void) | undefined;
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
    onConnected: () => void,
    resolve: (response: TransportResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#onConnected = onConnected;
    this.#resolve = resolve;
    this.#reject = reject;
    request.signal.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#stopWaiting();
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
    // One packet often has several chunks (an SSE event has four). They are delivered together, when
    // undici's parser has read the packet.
    if (this.#waiting && this.#chunks.length === 1) queueMicrotask(this.#deliver);
    if (this.#bufferedBytes >= highWaterMark) {
      this.#isPaused = true;
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#finish();
    this.#deliver();
  }

  onResponseError(_controller: Controller | null, error: unknown): void {
    this.#finish();
    if (this.#error) return; // an abort, which was reported already
    if (this.#chunks.length > 0) this.#deliver(); // the data before the error is good
    this.#fail(isUnsent(error) ? new UnsentError(error) : error);
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
    if (!this.#ended) this.#controller?.abort(new Error("The response was not read to its end."));
    this.#waiting?.resolve(end);
    this.#waiting = undefined;
    return Promise.resolve(end);
  }

  /** The next chunk, or all of them merged if they are small. */
  #take(): Uint8Array | undefined {
    const isSmall = this.#chunks.length > 1 && this.#bufferedBytes <= maxMergedBytes;
    const chunk = isSmall ? concatBytes(this.#chunks.splice(0)) : this.#chunks.shift();
    if (!chunk) return undefined;
    this.#bufferedBytes -= chunk.byteLength;
    if (this.#isPaused && this.#bufferedBytes < highWaterMark / 2) {
      this.#isPaused = false;
      this.#controller?.resume();
    }
    return chunk;
  }

  /** Resolves the pending read. */
  readonly #deliver = (): void => {
    const waiting = this.#waiting;
    if (!waiting) return;
    const value = this.#take();
    if (!value && !this.#ended) return;
    this.#waiting = undefined;
    waiting.resolve(value ? { done: false, value } : end);
  };

  readonly #onAbort = (): void => {
    const reason: unknown = this.#request.signal.reason;
    // Immediately: undici reports an abort only when the connection is made, or is gone.
    // Without a connection nothing was sent, and nothing will be.
    this.#fail(this.#controller ? reason : new UnsentError(reason));
    this.#controller?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  };

  #stopWaiting(): void {
    this.#onConnected?.();
    this.#onConnected = undefined;
  }

  #fail(reason: unknown): void {
    this.#stopWaiting();
    this.#error = { reason };
    this.#reject(reason);
    this.#waiting?.reject(reason);
    this.#waiting = undefined;
  }

  #finish(): void {
    this.#stopWaiting();
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
        `${this.#request.method} ${shownUrl(this.#request.url)}: the response is compressed with ${encoding}: set the accept-encoding header to gzip, deflate or identity.`,
        { url: shownUrl(this.#request.url), status },
      );
    }
    const inflate = new DecompressionStream(encoding) as TransformStream<Uint8Array, Uint8Array>;
    const signal = toAbortSignal(this.#request.signal);
    return iterateBytes(toReadableStream(this).pipeThrough(inflate), { signal });
  }
}
