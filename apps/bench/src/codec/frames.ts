import { encodeMessage, header } from "@freshet/eventstream-codec";

/** Frames as Bedrock sends them: three string headers, a JSON payload, no two payloads alike. */
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

/** The same size, but every frame has a header value of its own: nothing of it can be remembered. */
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

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Buffers of their own, as a socket gives them. */
export function cut(bytes: Uint8Array, chunkBytes: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    chunks.push(bytes.slice(at, at + chunkBytes));
  }
  return chunks;
}
