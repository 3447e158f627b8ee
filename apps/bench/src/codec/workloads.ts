import { deepStrictEqual } from "node:assert";
import { concatBytes } from "@freshet/core";
import { compare, type Comparison } from "../harness.ts";
import type { Freshet, Smithy } from "./codecs.ts";
import { cut } from "./frames.ts";

/** What a consumer reads of the messages: it proves that both sides did the work, at the same cost. */
interface Tally {
  messages: number;
  characters: number;
  payloadBytes: number;
}

/** The two builds that are compared, and their names in the table. */
export interface Pair {
  readonly freshet: Freshet;
  readonly smithy: Smithy;
  readonly names: readonly [ours: string, theirs: string];
}

interface SmithyMessage {
  headers: Record<string, { type: string; value: unknown }>;
  body: Uint8Array;
}

export async function decodeWhole(workload: string, frames: Uint8Array[], pair: Pair) {
  const { freshet, smithy } = pair;
  const codec = new smithy.EventStreamCodec(smithy.toUtf8, smithy.fromUtf8);
  for (const frame of frames)
    expectSame(freshet, freshet.decodeMessage(frame), codec.decode(frame));
  return compareTallies(workload, frames.length, pair, [
    () => {
      const tally = newTally();
      for (const frame of frames) addOurs(tally, freshet.decodeMessage(frame));
      return tally;
    },
    () => {
      const tally = newTally();
      for (const frame of frames) addTheirs(tally, codec.decode(frame));
      return tally;
    },
  ]);
}

export async function encode(workload: string, frames: Uint8Array[], pair: Pair) {
  const { freshet, smithy } = pair;
  const codec = new smithy.EventStreamCodec(smithy.toUtf8, smithy.fromUtf8);
  const inputs = frames.map((frame) => {
    const { headers, payload } = freshet.decodeMessage(frame);
    return { headers: { ...headers.toObject() }, payload, body: payload };
  });
  for (const [index, input] of inputs.entries()) {
    deepStrictEqual(freshet.encodeMessage(input), frames[index]);
    deepStrictEqual(codec.encode(input as never), frames[index]);
  }
  return compareTallies(workload, frames.length, pair, [
    () => {
      const tally = newTally();
      for (const input of inputs) addFrame(tally, freshet.encodeMessage(input));
      return tally;
    },
    () => {
      const tally = newTally();
      for (const input of inputs) addFrame(tally, codec.encode(input as never));
      return tally;
    },
  ]);
}

/** Decodes chunks that do not match the frames: ours by push and read, theirs by async iterators, its only API. */
export async function streamPushed(
  workload: string,
  frames: Uint8Array[],
  chunkBytes: number,
  pair: Pair,
) {
  const { MessageDecoder } = pair.freshet;
  const chunks = cut(concatBytes(frames), chunkBytes);
  await expectSameStreams(chunks, pair);
  return compareTallies(workload, frames.length, pair, [
    () => {
      const tally = newTally();
      const decoder = new MessageDecoder();
      for (const chunk of chunks) {
        decoder.push(chunk);
        for (let message = decoder.read(); message; message = decoder.read()) {
          addOurs(tally, message);
        }
      }
      decoder.end();
      return tally;
    },
    () => streamTheirs(chunks, pair.smithy),
  ]);
}

/** Decodes the same chunks through an async iterator on both sides. */
export async function streamIterated(
  workload: string,
  frames: Uint8Array[],
  chunkBytes: number,
  pair: Pair,
) {
  const { decodeMessages } = pair.freshet;
  const chunks = cut(concatBytes(frames), chunkBytes);
  await expectSameStreams(chunks, pair);
  return compareTallies(workload, frames.length, pair, [
    async () => {
      const tally = newTally();
      for await (const message of decodeMessages(asyncSource(chunks))) addOurs(tally, message);
      return tally;
    },
    () => streamTheirs(chunks, pair.smithy),
  ]);
}

async function streamTheirs(chunks: Uint8Array[], smithy: Smithy): Promise<Tally> {
  const tally = newTally();
  for await (const message of smithyStream(chunks, smithy)) addTheirs(tally, message);
  return tally;
}

function smithyStream(chunks: Uint8Array[], smithy: Smithy): AsyncIterable<SmithyMessage> {
  const decoder = new smithy.EventStreamCodec(smithy.toUtf8, smithy.fromUtf8);
  const inputStream = smithy.getChunkedStream(asyncSource(chunks));
  return new smithy.MessageDecoderStream({ inputStream, decoder }) as AsyncIterable<SmithyMessage>;
}

/** Creates the cheapest possible async source, so that only the codec is measured. */
function asyncSource(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      let index = 0;
      return {
        next: (): Promise<IteratorResult<Uint8Array, undefined>> => {
          const value = chunks[index++];
          return Promise.resolve(value ? { done: false, value } : { done: true, value: undefined });
        },
      };
    },
  };
}

async function expectSameStreams(chunks: Uint8Array[], { freshet, smithy }: Pair): Promise<void> {
  const theirs = smithyStream(chunks, smithy)[Symbol.asyncIterator]();
  for await (const message of freshet.decodeMessages(chunks)) {
    const { value } = (await theirs.next()) as { value: SmithyMessage };
    expectSame(freshet, message, value);
  }
  deepStrictEqual((await theirs.next()).done, true);
}

function expectSame(
  { MessageHeaders }: Freshet,
  ours: ReturnType<Freshet["decodeMessage"]>,
  theirs: unknown,
): void {
  const { headers, body } = theirs as SmithyMessage;
  deepStrictEqual({ ...ours.headers.toObject() }, { ...headers });
  deepStrictEqual(Buffer.compare(ours.payload, body), 0);
  deepStrictEqual(ours.headers instanceof MessageHeaders, true);
}

function newTally(): Tally {
  return { messages: 0, characters: 0, payloadBytes: 0 };
}

function addOurs(tally: Tally, message: ReturnType<Freshet["decodeMessage"]>): void {
  tally.messages++;
  tally.characters += message.headers.getString(":event-type")?.length ?? 0;
  tally.payloadBytes += message.payload.byteLength;
}

function addTheirs(tally: Tally, message: SmithyMessage): void {
  tally.messages++;
  tally.characters += (message.headers[":event-type"]?.value as string).length;
  tally.payloadBytes += message.body.byteLength;
}

function addFrame(tally: Tally, frame: Uint8Array): void {
  tally.messages++;
  tally.payloadBytes += frame.byteLength;
  tally.characters += frame[frame.byteLength - 1] ?? 0;
}

// A round passes over the frames so often that it collects its own garbage, not that of the previous round.
const passes = 10;

async function compareTallies(
  workload: string,
  frames: number,
  { names }: Pair,
  sides: [() => Tally | Promise<Tally>, () => Tally | Promise<Tally>],
): Promise<Comparison> {
  const [ours, theirs] = sides.map((once) => async () => {
    const tally = await once();
    for (let pass = 1; pass < passes; pass++) await once();
    return tally;
  }) as [() => Promise<Tally>, () => Promise<Tally>];
  return compare<Tally>(workload, {
    contestants: [
      { name: names[0], run: ours },
      { name: names[1], run: theirs },
    ],
    equal: (a, b) => {
      deepStrictEqual(a, b);
      return true;
    },
    rounds: 9,
    warmUps: 1,
    units: frames * passes,
  });
}
