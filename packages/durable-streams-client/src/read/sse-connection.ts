// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#57-read-stream---live-sse
import { type AbortSignalLike, mediaType } from "@freshet/core";
import type { Endpoint } from "../http/endpoint.ts";
import type { EndpointResponse } from "../http/exchange.ts";
import { responseError } from "../http/response-error.ts";
import { header } from "../protocol/headers.ts";
import type { Offset } from "../protocol/offset.ts";
import type { SseBatch } from "./sse-batches.ts";
import { SseBatchReader } from "./sse-batches.ts";

export interface SseRequest {
  readonly offset: Offset;
  readonly cursor?: string | undefined;
  readonly signals: readonly AbortSignalLike[];
  /** The longest silence, in milliseconds; servers send a control event now and then. */
  readonly timeoutMs: number;
}

/** One SSE response of a stream. */
export class SseConnection {
  readonly #bytes: AsyncIterableIterator<Uint8Array>;
  readonly #reader: SseBatchReader;
  readonly isBase64: boolean;
  readonly openedAt: number = performance.now();
  #batches: SseBatch[] = [];
  /** How many batches it has delivered. */
  batchCount: number = 0;

  private constructor(response: EndpointResponse) {
    this.#bytes = response.bytes();
    this.#reader = new SseBatchReader(response.url);
    this.isBase64 = response.header(header.sseDataEncoding)?.toLowerCase() === "base64";
  }

  /** @returns `undefined` if the response is not an event stream */
  static async open(endpoint: Endpoint, request: SseRequest): Promise<SseConnection | undefined> {
    const { offset, cursor, signals, timeoutMs } = request;
    const query: Record<string, string> = { offset, live: "sse" };
    if (cursor !== undefined) query["cursor"] = cursor;
    const headers = { accept: "text/event-stream" };
    const response = await endpoint.send({ method: "GET", query, headers, signals, timeoutMs });
    if (response.status !== 200) throw await responseError(response, "GET");
    if (mediaType(response.header("content-type")) === "text/event-stream") {
      return new SseConnection(response);
    }
    response.discard();
    return undefined;
  }

  /** @returns `undefined` when the server has ended the response */
  async next(): Promise<SseBatch | undefined> {
    while (this.#batches.length === 0) {
      const chunk = await this.#bytes.next();
      if (chunk.done) return undefined;
      this.#batches = this.#reader.push(chunk.value).reverse();
    }
    this.batchCount++;
    return this.#batches.pop();
  }

  async close(): Promise<void> {
    this.#batches = [];
    await this.#bytes.return?.();
  }
}
