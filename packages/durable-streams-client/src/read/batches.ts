import { concatBytes, fromBase64 } from "@freshet/core";
import { FetchError, ParseError } from "../errors.ts";
import { isJson } from "../protocol/headers.ts";
import { formatPosition, type Offset, type PositionUnit } from "../protocol/offset.ts";
import { JsonArrayReader } from "./json-array.ts";
import type { ParseJson } from "./parse-json.ts";
import type { Segment } from "./segment.ts";
import type { StreamReader } from "./stream-reader.ts";

/** Data of one segment, as much as arrived together. */
export interface Batch<T> {
  readonly data: T;
  readonly segment: Segment;
  /** How many units of the segment come before this data, and how many with it. */
  readonly from: number;
  readonly to: number;
  /** The segment ends with this data. */
  readonly complete: boolean;
  /** Where reading continues after all of this data. */
  readonly position: Offset;
}

/** One piece of a segment. */
interface Piece<T> {
  data: T;
  /** How many units it has. */
  count: number;
  /** The segment ends with this piece. */
  complete: boolean;
}

/** How the data of a segment is split into units, and how the first of them are dropped. */
export interface Codec<T> {
  readonly unit: PositionUnit;
  pieces(segment: Segment): AsyncIterable<Piece<T>>;
  drop(data: T, count: number): T;
}

/**
 * Yields everything from the reader's position on, once and in order. After a fault in the middle of
 * a segment it requests the segment again and drops what was already delivered.
 */
export async function* readBatches<T>(
  reader: StreamReader,
  codec: Codec<T>,
): AsyncGenerator<Batch<T>, void, undefined> {
  try {
    for (let segment; (segment = await reader.next());) {
      let count = 0;
      try {
        for await (const piece of codec.pieces(segment)) {
          const from = Math.max(count, reader.skip);
          const data = from > count ? codec.drop(piece.data, from - count) : piece.data;
          count += piece.count;
          const { complete } = piece;
          if (complete) reader.finish(segment, count);
          else reader.advance(count);
          if (count <= from && !complete) continue;
          reader.throwIfAborted();
          if (!reader.isRunning) return;
          const to = Math.max(count, from);
          const position = complete ? segment.next : formatPosition(segment.start, to, codec.unit);
          yield { data, segment, from, to, complete, position };
        }
      } catch (error) {
        await reader.recover(parseFailure(error, segment, count));
      }
    }
  } catch (error) {
    reader.close({ error });
    throw error;
  } finally {
    // However the loop ends, no socket and no timer stays.
    reader.close();
  }
}

/** Turns the errors of the parsers into a ParseError with its position; returns others unchanged. */
function parseFailure(error: unknown, segment: Segment, count: number): unknown {
  if (!(error instanceof SyntaxError || error instanceof TypeError)) return error;
  const position = formatPosition(segment.start, count, "items");
  return new ParseError(
    "INVALID_PAYLOAD",
    `The data after position ${position} is not valid JSON: ${error.message}`,
    { cause: error, position },
  );
}

/** Delivers the bytes unchanged; positions count bytes. */
export const bytesCodec: Codec<Uint8Array> = {
  unit: "bytes",
  drop: (data, count) => data.subarray(count),

  async *pieces(segment) {
    if (!segment.body) {
      const data = concatBytes(segment.events.map((text) => eventBytes(text, segment.isBase64)));
      yield { data, count: data.length, complete: true };
      return;
    }
    if (isJson(segment.contentType)) {
      // A second response for this page may hold more items, so other bytes where the first ended.
      const chunks: Uint8Array[] = [];
      for await (const chunk of segment.body) chunks.push(chunk);
      const data = concatBytes(chunks);
      yield { data, count: data.length, complete: true };
      return;
    }
    yield* bytePieces(segment.body);
  },
};

/** Holds each chunk back until it is known whether it is the last, or until the body breaks off. */
async function* bytePieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Piece<Uint8Array>> {
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of body) {
      if (held) yield { data: held, count: held.length, complete: false };
      held = chunk;
    }
  } catch (error) {
    if (held) yield { data: held, count: held.length, complete: false };
    throw error;
  }
  yield { data: held ?? new Uint8Array(0), count: held?.length ?? 0, complete: true };
}

const encoder = new TextEncoder();

function eventBytes(text: string, isBase64: boolean): Uint8Array {
  if (!isBase64) return encoder.encode(text);
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new ParseError("INVALID_PAYLOAD", "An SSE data event is not valid base64.", { cause });
  }
}

/** Delivers the items of a JSON stream; positions count items. */
export function jsonCodec(
  parse: ParseJson = JSON.parse,
  onCut: "retry" | "error" = "retry",
): Codec<unknown[]> {
  return {
    unit: "items",
    drop: (data, count) => data.slice(count),

    async *pieces(segment) {
      if (!segment.body) {
        const items = segment.events.flatMap((text) => eventItems(parse(text)));
        yield { data: items, count: items.length, complete: true };
        return;
      }
      const array = new JsonArrayReader(parse);
      for await (const chunk of segment.body) {
        const items = array.push(chunk);
        if (items.length > 0 || array.ended) {
          yield { data: items, count: items.length, complete: array.ended };
        }
      }
      if (!array.ended) {
        // Some ways to cut a response look like its end; only the missing bracket shows the cut.
        const message = "A page ended in the middle of its JSON array.";
        if (onCut === "error") throw new SyntaxError(message);
        throw new FetchError("NETWORK", message);
      }
    },
  };
}

/** A data event holds one message, or an array of them (PROTOCOL.md, section 5.7). */
function eventItems(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
