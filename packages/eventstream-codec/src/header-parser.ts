// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers
import { ByteKeyedCache } from "./byte-keyed-cache.ts";
import { EventStreamError, type EventStreamErrorCode } from "./event-stream-error.ts";

/** One header as it lies in its block: checked, its value not built yet. */
export interface ParsedHeader {
  readonly name: string;
  /** The type on the wire, 0 to 9. */
  readonly type: number;
  /** The value without its length. */
  readonly start: number;
  readonly end: number;
  /** The value of a string, which had to be decoded to be checked. */
  readonly text: string | undefined;
}

/** Where a block lies and how to say so. */
export interface HeaderBlock {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  /** Added to positions in messages, to count from the start of the frame. */
  readonly base: number;
  /** `EventStreamError.offset` of a bad header; without one, where it starts in the block. */
  readonly offset: number | undefined;
}

const valueBytes = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const maxDateMs = 8.64e15;
// Few headers are compared with each other faster than they are put into a Set.
const fewHeaders = 16;

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const strings = /* @__PURE__ */ new ByteKeyedCache<string>(256, 64);

/**
 * Reads and checks a header block. With `keepLast` a name that occurs twice has its last value, at its
 * first place.
 */
export function parseHeaders(block: HeaderBlock, keepLast: boolean): ParsedHeader[] {
  const headers: ParsedHeader[] = [];
  let names: Map<string, number> | undefined;
  let at = block.start;
  while (at < block.end) {
    const parsed = parseHeader(block, at);
    if (headers.length === fewHeaders) {
      names ??= new Map(headers.map(({ name }, index) => [name, index]));
    }
    const twin = names ? names.get(parsed.name) : indexOfName(headers, parsed.name);
    if (twin === undefined) {
      names?.set(parsed.name, headers.length);
      headers.push(parsed);
    } else if (keepLast) {
      headers[twin] = parsed;
    } else {
      throw bad(block, at, "HEADER_DUPLICATE", "occurs a second time", parsed.name);
    }
    at = parsed.end;
  }
  return headers;
}

function indexOfName(headers: ParsedHeader[], name: string): number | undefined {
  for (let index = 0; index < headers.length; index++) {
    if (headers[index]?.name === name) return index;
  }
  return undefined;
}

function parseHeader(block: HeaderBlock, at: number): ParsedHeader {
  const { view, end } = block;
  const nameEnd = at + 1 + view.getUint8(at);
  if (nameEnd === at + 1) throw bad(block, at, "HEADER_NAME_INVALID", "has an empty name");
  if (nameEnd > end) {
    throw bad(block, at, "HEADER_NAME_INVALID", "has a name that overruns the headers");
  }
  const name = decodeText(view, at + 1, nameEnd);
  if (name === undefined) {
    throw bad(block, at, "HEADER_NAME_INVALID", "has a name that is not UTF-8");
  }
  if (nameEnd === end) throw bad(block, at, "HEADER_VALUE_INVALID", "ends before its type", name);
  const type = view.getUint8(nameEnd);
  let start = nameEnd + 1;
  let length = valueBytes[type];
  if (length === undefined) {
    throw bad(block, at, "HEADER_TYPE_UNKNOWN", `has the unknown type ${type}`, name);
  }
  if (length < 0) {
    if (start + 2 > end) throw overrun(block, at, name);
    length = view.getUint16(start);
    start += 2;
  }
  const valueEnd = start + length;
  if (valueEnd > end) throw overrun(block, at, name);
  let text: string | undefined;
  if (type === 7) {
    text = decodeText(view, start, valueEnd);
    if (text === undefined) {
      throw bad(block, at, "HEADER_VALUE_INVALID", "is a string that is not UTF-8", name);
    }
  } else if (type === 8 && Math.abs(timestampMs(view, start)) > maxDateMs) {
    const reason = `is the timestamp ${view.getBigInt64(start)} ms, which is outside the range of Date`;
    throw bad(block, at, "HEADER_VALUE_INVALID", reason, name);
  }
  return { name, type, start, end: valueEnd, text };
}

/** Milliseconds since the epoch; exact within Date's range, and never inside it by rounding. */
export function timestampMs(view: DataView, at: number): number {
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}

/** The string at these bytes, made once for bytes that come again; `undefined` if it is not UTF-8. */
function decodeText(view: DataView, start: number, end: number): string | undefined {
  const known = strings.find(view, start, end);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, end - start);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  if (strings.isWorthKeeping(end - start)) strings.keep(new DataView(bytes.slice().buffer), text);
  return text;
}

function overrun(block: HeaderBlock, at: number, name: string): EventStreamError {
  return bad(block, at, "HEADER_VALUE_INVALID", "has a value that overruns the headers", name);
}

function bad(
  block: HeaderBlock,
  at: number,
  code: EventStreamErrorCode,
  reason: string,
  headerName?: string,
): EventStreamError {
  const name = headerName === undefined ? "" : ` ${JSON.stringify(headerName)}`;
  const position = at - block.start;
  const place =
    block.offset === undefined
      ? `at byte ${position} of the headers`
      : `at byte ${position + block.base} of the frame at offset ${block.offset}`;
  return new EventStreamError(code, `The header${name} ${place} ${reason}.`, {
    offset: block.offset ?? position,
    ...(headerName !== undefined && { headerName }),
  });
}
