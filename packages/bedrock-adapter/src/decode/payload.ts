import { bytesOf } from "./base64.ts";
import { readAnthropicTextDelta } from "./text-delta.ts";

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a payload as UTF-8; throws a TypeError if it is not. */
export function decodeText(payload: Uint8Array): string {
  return utf8.decode(payload);
}

/** Reads a text that must be a JSON object; throws if it is anything else. */
export function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("it is not an object");
  }
  return value as Record<string, unknown>;
}

const maxPlainLength = 8192;
const plainChunk = /^\{"bytes":"([A-Za-z0-9+/=]*)"(?:,"p":"[a-zA-Z0-9]*")?\}$/;

/**
 * Reads the JSON inside `{"bytes": base64}`; throws if there is none. A payload as Bedrock writes it
 * (`bytes` first, then at most the padding `p`) is taken apart instead of parsed, which leaves one JSON
 * text to parse and not two, or none.
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
  if (typeof bytes !== "string") throw new TypeError("it has no field `bytes`");
  return bytes;
}

/** UTF-8 text from its bytes, one character each. */
function decodeBinary(binary: string): string {
  // Only text outside ASCII has to be put together.
  return /[\x80-\xff]/.test(binary) ? utf8.decode(bytesOf(binary)) : binary;
}
