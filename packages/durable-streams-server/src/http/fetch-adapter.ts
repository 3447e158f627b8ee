import { iterateBytes } from "@freshet/core";
import type { ExchangeRequest, ExchangeResponse } from "./exchange.ts";
import { HttpError } from "./http-error.ts";
import { bodyCutShort, RequestBody } from "./request-body.ts";

export function fromRequest(request: Request): ExchangeRequest {
  return {
    method: request.method,
    url: new URL(request.url),
    header: (name) => request.headers.get(name) ?? undefined,
    body: (maxBytes) => readBody(request, maxBytes),
    signal: request.signal,
    toRequest: () => request,
  };
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const body = new RequestBody(maxBytes, request.headers.get("content-length") ?? undefined);
  if (!request.body) return body.end();
  try {
    for await (const chunk of iterateBytes(request.body)) body.push(chunk);
  } catch (error) {
    throw error instanceof HttpError ? error : bodyCutShort();
  }
  return body.end();
}

export function toResponse({ status, headers, body }: ExchangeResponse): Response {
  if (body === undefined || typeof body === "string") {
    return new Response(body, { status, headers });
  }
  if (body instanceof Uint8Array) {
    return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
  }
  return new Response(toStream(body), { status, headers });
}

/** One chunk per pull: a chunk that the client does not read is never made. */
function toStream(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
