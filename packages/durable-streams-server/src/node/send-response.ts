import type { ExchangeResponse } from "../http/exchange.ts";
import type { NodeResponse } from "./node-http.ts";

/** A longer body does not simply fit into the buffers of the system. */
const LONG_BODY_BYTES = 64 * 1024;

/** Sends a response, its body no faster than the client reads. */
export async function sendResponse(
  response: NodeResponse,
  { status, headers, body }: ExchangeResponse,
  stalledAfterMs: number,
): Promise<void> {
  // The timer measures silence. A live reader that has read everything may be silent for longer.
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
  response.setTimeout(stalledAfterMs, cutOff);
  response.writeHead(status, headers);
  response.flushHeaders();
  await sendChunks(response, body[Symbol.asyncIterator]());
}

async function sendChunks(
  response: NodeResponse,
  iterator: AsyncIterator<Uint8Array>,
): Promise<void> {
  response.once("close", () => void iterator.return?.());
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
