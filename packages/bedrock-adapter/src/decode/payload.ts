import { readAnthropicTextDelta } from "./text-delta.ts";

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a payload as UTF-8. Throws a TypeError for anything else. */
export function decodeText(payload: Uint8Array): string {
  return utf8.decode(payload);
}

/** Parses a text as a JSON object. Throws for anything else. */
export function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("expected a JSON object");
  }
  return value as Record<string, unknown>;
}

const maxPlainLength = 8192;
const plainChunk = /^\{"bytes":"([A-Za-z0-9+/=]*)"(?:,"p":"[a-zA-Z0-9]*")?\}$/;

/**
 * Parses the JSON inside `{"bytes": base64}`. Throws if there is none. A payload as Bedrock writes it
 * (`bytes` first, then at most the padding `p`) is matched by a regular expression, so that only the
 * inner JSON is parsed, or nothing.
 */
export function parseChunk(payload: Uint8Array): unknown {
  const text = decodeText(payload);
  const plain = text.length < maxPlainLength ? plainChunk.exec(text) : null;
  const binary = atob(plain?.[1] ?? findBytes(text));
  return readAnthropicTextDelta(binary) ?? (JSON.parse(decodeBinary(binary)) as unknown);
}

function findBytes(text: string): string {
  const value: unknown = JSON.parse(text);
  const bytes =
    typeof value === "object" && value !== null && "bytes" in value ? value.bytes : undefined;
  if (typeof bytes !== "string") throw new TypeError("the field `bytes` is missing");
  return bytes;
}

/** Decodes UTF-8 from a string with one character per byte. */
function decodeBinary(binary: string): string {
  // ASCII is its own decoding.
  return /[\x80-\xff]/.test(binary) ? utf8.decode(bytesOf(binary)) : binary;
}

function bytesOf(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
