/** Frames made by hand, and what a decoder makes of them. */
import { utf8 } from "@freshet/test-support";
import {
  EventStreamError,
  MessageDecoder,
  type DecoderOptions,
  type EventStreamMessage,
  type HeaderValue,
} from "../../src/index.ts";
import { crc32 } from "../../src/crc32/crc32-portable.ts";

/** A frame made by hand: whatever is said of it, with checksums that are right unless told otherwise. */
export function rawFrame(parts: {
  headers?: Uint8Array;
  payload?: Uint8Array;
  totalLength?: number;
  headersLength?: number;
  preludeCrc?: number;
  messageCrc?: number;
}): Uint8Array<ArrayBuffer> {
  const { headers = new Uint8Array(0), payload = new Uint8Array(0) } = parts;
  const frame = new Uint8Array(16 + headers.byteLength + payload.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, parts.totalLength ?? frame.byteLength);
  view.setUint32(4, parts.headersLength ?? headers.byteLength);
  view.setUint32(8, parts.preludeCrc ?? crc32(frame.subarray(0, 8)));
  frame.set(headers, 12);
  frame.set(payload, 12 + headers.byteLength);
  const end = frame.byteLength - 4;
  view.setUint32(end, parts.messageCrc ?? crc32(frame.subarray(0, end)));
  return frame;
}

/** A header by hand: its name, its type and the bytes of its value, lengths included. */
export function rawHeader(name: string, type: number, value: readonly number[]): Uint8Array {
  const bytes = utf8(name);
  return Uint8Array.from([bytes.byteLength, ...bytes, type, ...value]);
}

/** What a message says, for comparisons. */
export interface Plain {
  headers: [string, HeaderValue][];
  payload: Uint8Array;
}

export function plain({ headers, payload }: EventStreamMessage): Plain {
  return { headers: [...headers], payload: payload.slice() };
}

/** All that comes out of these chunks, up to the error if there is one. */
export function decodeAll(
  chunks: Iterable<Uint8Array>,
  options?: DecoderOptions,
): { messages: Plain[]; error: EventStreamError | undefined } {
  const messages: Plain[] = [];
  const decoder = new MessageDecoder(options);
  try {
    for (const chunk of chunks) {
      for (const message of decoder.push(chunk)) messages.push(plain(message));
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof EventStreamError)) throw error;
    return { messages, error };
  }
  return { messages, error: undefined };
}

/** The error that `work` throws; fails when it throws none, or another. */
export function errorOf(work: () => unknown): EventStreamError {
  try {
    work();
  } catch (error) {
    if (error instanceof EventStreamError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
