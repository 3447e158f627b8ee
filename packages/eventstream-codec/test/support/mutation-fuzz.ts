/**
 * A mutation fuzz that is the same for the same seed, everywhere: good streams are changed, cut or added
 * to, then decoded in chunks of any size. Whatever comes in, only an EventStreamError may come out, after
 * all messages that were good, and no more may be allocated than was given, plus a limit.
 */
import { concatenate } from "@freshet/test-support";
import {
  encodeMessage,
  EventStreamError,
  header,
  MessageDecoder,
  type MessageHeaders,
} from "../../src/index.ts";

type Random = () => number;

/** Returns an integer from 0 to `bound` - 1. */
function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

const frames = [
  encodeMessage({}),
  encodeMessage({ headers: { a: header.string("b") }, payload: Uint8Array.of(1, 2, 3) }),
  encodeMessage({
    headers: {
      ":event-type": header.string("chunk"),
      ":content-type": header.string("application/json"),
      ":message-type": header.string("event"),
    },
    payload: new TextEncoder().encode('{"bytes":"eyJhIjoxfQ=="}'),
  }),
  encodeMessage({
    headers: {
      boolean: header.boolean(true),
      byte: header.byte(-1),
      short: header.short(-2),
      integer: header.integer(3),
      long: header.long(4n),
      binary: header.binary(new Uint8Array(9)),
      string: header.string("é😀"),
      timestamp: header.timestamp(new Date(1_700_000_000_000)),
      uuid: header.uuid("00112233-4455-6677-8899-aabbccddeeff"),
    },
    payload: new Uint8Array(64),
  }),
];

/** A stream with one thing wrong with it. */
export interface FuzzCase {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Frames that lie wholly before the change: they must come out. */
  readonly goodFrames: number;
}

export function makeCase(random: Random): FuzzCase {
  const chosen = Array.from({ length: 1 + below(random, 3) }, () => pick(random, frames));
  const stream = concatenate(...chosen);
  const at = below(random, stream.byteLength);
  const bytes = mutate(stream, at, random);
  let goodFrames = 0;
  let end = 0;
  for (const frame of chosen) {
    end += frame.byteLength;
    if (end <= at) goodFrames++;
  }
  return { bytes, goodFrames };
}

function mutate(stream: Uint8Array<ArrayBuffer>, at: number, random: Random) {
  switch (below(random, 4)) {
    case 0:
      return stream.slice(0, at);
    case 1: {
      const inserted = Uint8Array.from({ length: 1 + below(random, 20) }, () => below(random, 256));
      return concatenate(stream.subarray(0, at), inserted, stream.subarray(at));
    }
    case 2: {
      const changed = stream.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 + below(random, 255));
      return changed;
    }
    default: {
      // A change that the checksums do not see: what they guard must be checked as well.
      const changed = stream.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << below(random, 8));
      repairChecksums(changed);
      return changed;
    }
  }
}

function repairChecksums(bytes: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (at + 16 <= bytes.byteLength) {
    const total = view.getUint32(at);
    view.setUint32(at + 8, crc(bytes.subarray(at, at + 8)));
    if (total < 16 || at + total > bytes.byteLength) return;
    view.setUint32(at + total - 4, crc(bytes.subarray(at, at + total - 4)));
    at += total;
  }
}

/** One bit at a time, so that the fuzz does not lean on what it tests. */
function crc(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc;
}

/**
 * Runs one case; throws an Error that tells what is wrong with the decoder.
 *
 * @returns the code of the stream's error, or `"good"` when a change left it without one
 */
export function runCase({ bytes, goodFrames }: FuzzCase, random: Random): string {
  let outcome = "good";
  const decoder = new MessageDecoder(below(random, 2) ? { copy: true } : undefined);
  let count = 0;
  try {
    for (let at = 0; at < bytes.byteLength;) {
      const size = 1 + below(random, below(random, 4) ? 40 : bytes.byteLength);
      decoder.push(bytes.subarray(at, at + size));
      at += size;
      for (const { headers, payload } of decoder) {
        count++;
        checkUsable(headers, payload, bytes.byteLength);
      }
      if (decoder.bufferedBytes > bytes.byteLength) throw new Error("more is held than came");
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof EventStreamError)) throw error;
    expectInside(error, bytes.byteLength);
    outcome = error.code;
  }
  if (count < goodFrames) throw new Error(`${goodFrames - count} good frames were lost`);
  return outcome;
}

/** Whatever was accepted can be used. */
function checkUsable(headers: MessageHeaders, payload: Uint8Array, limit: number): void {
  let size = payload.byteLength;
  for (const [name, { value }] of headers) {
    size += name.length;
    if (value instanceof Uint8Array) size += value.byteLength;
    else if (value instanceof Date) value.toISOString();
  }
  if (size > limit) throw new Error("a message out of nothing");
}

function expectInside({ offset }: EventStreamError, byteLength: number): void {
  if (offset < 0 || offset > byteLength) throw new Error(`offset ${offset} is not in the stream`);
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}
