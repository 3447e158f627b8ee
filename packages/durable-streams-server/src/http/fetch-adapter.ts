import { iterateBytes } from "@freshet/core";
import { BodyCollector, HttpError } from "./exchange.ts";
import type { ExchangeAnswer, ExchangeRequest } from "./exchange.ts";

export function exchangeOf(request: Request): ExchangeRequest {
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
  const collector = new BodyCollector(maxBytes, request.headers.get("content-length") ?? undefined);
  if (!request.body) return collector.end();
  try {
    for await (const chunk of iterateBytes(request.body)) collector.push(chunk);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "The body ended before it was complete. Nothing was stored.");
  }
  return collector.end();
}

export function responseOf(answer: ExchangeAnswer): Response {
  const { status, headers, body } = answer;
  if (body === undefined || typeof body === "string")
    return new Response(body, { status, headers });
  if (body instanceof Uint8Array) {
    return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
  }
  return new Response(streamOf(body), { status, headers });
}

/** One chunk a pull: what the client does not read is not made. */
function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
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
