// https://smithy.io/2.0/aws/amazon-eventstream.html#event-stream-headers
import { bytesOf } from "../byte-views.ts";
import { ByteKeyedCache } from "./byte-keyed-cache.ts";
import { headerError, type EventStreamErrorCode } from "../event-stream-error.ts";
import type { HeaderValue } from "./header-value.ts";
import * as wireType from "./wire-types.ts";

/** One header by its place in the block: checked, but its value is not built yet. */
export interface ParsedHeader {
  /** The number of the type on the wire. */
  readonly type: number;
  /** Where the value starts, after its length. */
  readonly start: number;
  readonly end: number;
  /** The value of a string, which is decoded to be checked. */
  readonly text: string | undefined;
  /** The value, once it was requested. */
  built: HeaderValue | undefined;
}

const maxDateMs = 8.64e15;

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const strings = /* @__PURE__ */ new ByteKeyedCache<string>(64);

/**
 * Reads and checks a header block. With `keepLast`, a name that occurs twice has its last value.
 *
 * @param offset - where the block's frame starts in the stream, for errors
 */
export function parseHeaders(
  view: DataView,
  start: number,
  end: number,
  keepLast: boolean,
  offset: number | undefined,
): Map<string, ParsedHeader> {
  const headers = new Map<string, ParsedHeader>();
  let at = start;
  let name: string | undefined;
  const bad = (code: EventStreamErrorCode, reason: string) =>
    headerError(code, name, reason, offset);
  while (at < end) {
    name = undefined;
    const nameStart = at + 1;
    at = nameStart + view.getUint8(at);
    name = at > nameStart && at <= end ? decodeText(view, nameStart, at) : undefined;
    if (name === undefined) {
      throw bad("HEADER_NAME_INVALID", "has a name that is empty, incomplete or not UTF-8");
    }
    if (!keepLast && headers.has(name)) throw bad("HEADER_DUPLICATE", "occurs twice");
    const type = at < end ? view.getUint8(at) : 0;
    let length = wireType.valueBytes[type];
    if (length === undefined) throw bad("HEADER_TYPE_UNKNOWN", `has the unknown type ${type}`);
    // A value starts after its type, and after its length if it has one.
    const valueStart = at + (length < 0 ? 3 : 1);
    if (length < 0) length = valueStart <= end ? view.getUint16(at + 1) : 0;
    at = valueStart + length;
    if (at > end) throw bad("HEADER_VALUE_INVALID", "overruns the headers");
    const text = type === wireType.string ? decodeText(view, valueStart, at) : undefined;
    if (type === wireType.string && text === undefined) {
      throw bad("HEADER_VALUE_INVALID", "is a string that is not UTF-8");
    }
    if (type === wireType.timestamp && Math.abs(timestampMs(view, valueStart)) > maxDateMs) {
      throw bad("HEADER_VALUE_INVALID", "is a timestamp outside the range of Date");
    }
    headers.set(name, { type, start: valueStart, end: at, text, built: undefined });
  }
  return headers;
}

/** Reads milliseconds since the epoch: exact within the range of Date, and not rounded into it. */
export function timestampMs(view: DataView, at: number): number {
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}

/** Decodes a string, once for bytes that repeat; `undefined` if they are not UTF-8. */
function decodeText(view: DataView, start: number, end: number): string | undefined {
  const known = strings.find(view, start, end);
  if (known !== undefined) return known;
  try {
    const text = utf8.decode(bytesOf(view, start, end));
    strings.offer(view, start, end, text);
    return text;
  } catch {
    return undefined;
  }
}
