/**
 * JSON mode keeps the client's own text: a record is its messages joined by commas. Nothing is
 * serialized again, so numbers keep their digits and objects their key order and duplicates.
 */

const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

// A byte order mark stays and makes the text invalid JSON: it would be in the middle of a response.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const isSpace = (byte: number | undefined) =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Joins the messages of a request body by commas, flattening one level of array.
 *
 * @returns no bytes for an empty array
 * @throws SyntaxError or TypeError if the body is not JSON in UTF-8
 */
export function flattenJson(body: Uint8Array): Uint8Array {
  const parsed: unknown = JSON.parse(decoder.decode(body));
  let start = 0;
  let end = body.byteLength;
  while (isSpace(body[start])) start++;
  while (isSpace(body[end - 1])) end--;
  if (!Array.isArray(parsed)) return body.subarray(start, end);
  return parsed.length === 0 ? body.subarray(0, 0) : body.subarray(start + 1, end - 1);
}

/**
 * Takes the first `count` messages of a record.
 *
 * @returns `undefined` if it has fewer
 */
export function firstMessages(record: Uint8Array, count: number): Uint8Array | undefined {
  let depth = 0;
  let found = 0;
  for (let i = 0; i < record.byteLength; i++) {
    const byte = record[i];
    if (byte === QUOTE) i = endOfString(record, i);
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
    else if (byte === COMMA && depth === 0 && ++found === count) return record.subarray(0, i);
  }
  return found + 1 === count ? record : undefined;
}

function endOfString(record: Uint8Array, quote: number): number {
  let i = quote + 1;
  while (record[i] !== QUOTE) i += record[i] === BACKSLASH ? 2 : 1;
  return i;
}
