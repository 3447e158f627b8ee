import { oneOf, type OptionRule } from "@freshet/core";
import { AgentStreamError } from "./error.ts";

/**
 * How the data of an event is written.
 *
 * - `json`: as `JSON.stringify` writes it.
 * - `python`: the bytes of Python's `json.dumps`: `", "` and `": "`, everything from U+007F up escaped.
 *
 * Both write a bigint in full, and both refuse NaN and Infinity, which JSON does not have, instead of
 * turning them into `null`.
 */
export type JsonFormat = "json" | "python";

export const aJsonFormat: OptionRule = oneOf("json", "python");

// Python's own recursion limit, and far from the end of a JavaScript stack.
const maxDepth = 1000;

/** `JSON.stringify` with the two exceptions of {@link JsonFormat}. */
export function stringifyJson(value: object): string {
  let json: string;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    // Only a bigint succeeds the second time; a circular or too deep value throws INVALID_VALUE.
    if (error instanceof TypeError || error instanceof RangeError) return encodeJson(value, "json");
    throw error;
  }
  // The only trace that NaN and Infinity leave. Any other "null" costs one walk over the value, no more.
  return json.includes("null") ? encodeJson(value, "json") : json;
}

/** Writes any JSON value; leaves out, or turns into `null`, the same values as `JSON.stringify`. */
export function encodeJson(value: unknown, format: JsonFormat): string {
  return encodeValue(plain(value, ""), format, 0) ?? "null";
}

/** The members of an object, without the braces. `floats` names the members that are always floats. */
export function encodeMembers(
  object: object,
  format: JsonFormat,
  depth: number,
  floats?: ReadonlySet<string>,
): string {
  const [comma, colon] = format === "python" ? [", ", ": "] : [",", ":"];
  let json = "";
  for (const [key, member] of Object.entries(object)) {
    const value = plain(member, key);
    const text =
      typeof value === "number" && floats?.has(key)
        ? encodeFloat(value)
        : encodeValue(value, format, depth);
    if (text === undefined) continue;
    json += (json === "" ? "" : comma) + encodeString(key, format) + colon + text;
  }
  return json;
}

/** Returns `undefined` for values that JSON does not have: undefined, functions and symbols. */
function encodeValue(value: unknown, format: JsonFormat, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
      return encodeString(value, format);
    case "number":
      return encodeNumber(value, format);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : encodeObject(value, format, depth + 1);
    default:
      return undefined;
  }
}

function encodeObject(value: object, format: JsonFormat, depth: number): string {
  if (depth > maxDepth) {
    throw new AgentStreamError(
      "INVALID_VALUE",
      `An event holds a value that is circular or nested deeper than ${maxDepth} levels: send a flatter one.`,
    );
  }
  if (!Array.isArray(value)) return `{${encodeMembers(value, format, depth)}}`;
  const items = value.map(
    (item: unknown, index) => encodeValue(plain(item, String(index)), format, depth) ?? "null",
  );
  return `[${items.join(format === "python" ? ", " : ",")}]`;
}

function plain(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!("toJSON" in value) || typeof value.toJSON !== "function") return value;
  return (value as { toJSON(key: string): unknown }).toJSON(key);
}

/** Writes a JSON string. Short text with nothing to escape, as most tokens are, needs no serializer. */
export function encodeString(text: string, format: JsonFormat): string {
  const limit = format === "python" ? 0x7f : firstSurrogate;
  if (isPlain(text, 0, text.length, limit)) return `"${text}"`;
  const json = JSON.stringify(text);
  if (format === "json") return json;
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const firstSurrogate = 0xd800;

// For longer text the engine's own loop is faster.
const longestPlain = 64;

/** Whether a part of a text is short and has nothing that a JSON string must escape. */
export function isPlain(text: string, start: number, end: number, limit = 0x10000): boolean {
  if (end - start > longestPlain) return false;
  for (let index = start; index < end; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === doubleQuote || unit === backslash || unit >= limit) return false;
  }
  return true;
}

const doubleQuote = 0x22;
const backslash = 0x5c;

function encodeNumber(value: number, format: JsonFormat): string {
  refuseNonFinite(value);
  if (format === "python" && !Number.isInteger(value)) return encodeFloat(value);
  return JSON.stringify(value);
}

/** Python's `repr` of a float: an exponent of at least two digits below 1e-4 and from 1e16 on. */
function encodeFloat(value: number): string {
  refuseNonFinite(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function refuseNonFinite(value: number): void {
  if (Number.isFinite(value)) return;
  throw new AgentStreamError(
    "INVALID_VALUE",
    `An event holds ${value}, which JSON does not have: send a finite number, null, or leave the field out.`,
  );
}
