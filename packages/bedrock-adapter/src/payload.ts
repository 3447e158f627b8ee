import { fromBase64 } from "./base64.ts";

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a payload as UTF-8; throws a TypeError if it is not. */
export function decodeText(payload: Uint8Array): string {
  return utf8.decode(payload);
}

/** Reads a payload that must be a JSON object; throws if it is anything else. */
export function parseObject(payload: Uint8Array): Record<string, unknown> {
  const value: unknown = JSON.parse(decodeText(payload));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`it is ${describe(value)}, not an object`);
  }
  return value as Record<string, unknown>;
}

const chunkStart = '{"bytes":"';

/**
 * Reads the JSON inside `{"bytes": base64}`; throws if there is none. A payload as Bedrock writes it
 * (`bytes` first, then at most the padding `p`) is cut out of the text instead of parsed, which
 * leaves one JSON text to parse and not two.
 */
export function parseChunk(payload: Uint8Array): unknown {
  const text = decodeText(payload);
  const end = text.startsWith(chunkStart) ? text.indexOf('"', chunkStart.length) : -1;
  const isPlain =
    end !== -1 &&
    (end === text.length - 2 || text.startsWith(',"p":"', end + 1)) &&
    text.endsWith("}") &&
    // JSON may write the slash of base64 with an escape.
    !text.includes("\\");
  const base64 = isPlain ? text.slice(chunkStart.length, end) : findBytes(text);
  return JSON.parse(decodeBase64Text(base64)) as unknown;
}

function findBytes(text: string): string {
  const value: unknown = JSON.parse(text);
  const bytes =
    typeof value === "object" && value !== null && "bytes" in value ? value.bytes : undefined;
  if (typeof bytes !== "string") throw new TypeError("it has no field `bytes`");
  return bytes;
}

function decodeBase64Text(base64: string): string {
  const binary = atob(base64);
  // Only text outside ASCII has to be put together from its bytes.
  // eslint-disable-next-line no-control-regex -- the range is ASCII, controls and all
  return /^[\x00-\x7f]*$/.test(binary) ? binary : utf8.decode(fromBase64(base64));
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
