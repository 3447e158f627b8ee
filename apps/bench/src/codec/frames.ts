import { encodeMessage, header } from "@freshet/eventstream-codec";

/** Creates frames as Bedrock sends them: three string headers and a JSON payload, each different. */
export function bedrockFrames(count: number, frameBytes: number): Uint8Array[] {
  const headers = {
    ":event-type": header.string("contentBlockDelta"),
    ":content-type": header.string("application/json"),
    ":message-type": header.string("event"),
  };
  const bare = encodeMessage({ headers }).byteLength;
  return Array.from({ length: count }, (_, index) =>
    encodeMessage({ headers, payload: jsonOf(index, frameBytes - bare) }),
  );
}

/** Creates frames of the same size that each have a unique header value, so no cache can help. */
export function uniqueHeaderFrames(count: number, frameBytes: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const headers = {
      ":event-type": header.string("contentBlockDelta"),
      ":message-type": header.string("event"),
      "request-id": header.string(`${String(index * 7_919).padStart(20, "0")}-a1b2c3`),
    };
    const bare = encodeMessage({ headers }).byteLength;
    return encodeMessage({ headers, payload: jsonOf(index, frameBytes - bare) });
  });
}

function jsonOf(index: number, byteLength: number): Uint8Array {
  const start = `{"contentBlockIndex":0,"delta":{"text":"${index} `;
  const end = '"},"p":"ab"}';
  const text = start + "word ".repeat(byteLength).slice(0, byteLength - start.length - end.length);
  return new TextEncoder().encode(text + end);
}

/** Cuts bytes into chunks with buffers of their own, as a socket delivers them. */
export function cut(bytes: Uint8Array, chunkBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    chunks.push(bytes.slice(at, at + chunkBytes));
  }
  return chunks;
}
