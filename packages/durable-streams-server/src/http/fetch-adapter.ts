import { iterateBytes, toReadableStream } from "@freshet/core";
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
  return new Response(toReadableStream(body[Symbol.asyncIterator]()), { status, headers });
}
