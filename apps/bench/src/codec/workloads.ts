import { deepStrictEqual } from "node:assert";
import { compare, type Comparison } from "../harness.ts";
import type { Freshet, Smithy } from "./codecs.ts";
import { concatenate, cut } from "./frames.ts";

/** What a consumer takes from a message: it shows that both sides did the work, and costs both the same. */
interface Tally {
  messages: number;
  characters: number;
  payloadBytes: number;
}

/** Both sides' names in the table, and the builds that are compared. */
export interface Pair {
  readonly freshet: Freshet;
  readonly smithy: Smithy;
  readonly names: readonly [ours: string, theirs: string];
}

interface SmithyMessage {
  headers: Record<string, { type: string; value: unknown }>;
  body: Uint8Array;
}

export async function decodeWhole(work: string, frames: Uint8Array[], pair: Pair) {
  const { freshet, smithy } = pair;
  const codec = new smithy.EventStreamCodec(smithy.toUtf8, smithy.fromUtf8);
  for (const frame of frames)
    expectSame(freshet, freshet.decodeMessage(frame), codec.decode(frame));
  return compareTallies(work, frames.length, pair, [
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

export async function encode(work: string, frames: Uint8Array[], pair: Pair) {
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
  return compareTallies(work, frames.length, pair, [
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

/** Chunks that do not match the frames: ours by push and read, theirs by its only way, async iterators. */
export async function streamPushed(
  work: string,
  frames: Uint8Array[],
  chunkBytes: number,
  pair: Pair,
) {
  const { MessageDecoder } = pair.freshet;
  const chunks = cut(concatenate(frames), chunkBytes);
  await expectSameStreams(chunks, pair);
  return compareTallies(work, frames.length, pair, [
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

/** The same through an async iterator on both sides. */
export async function streamIterated(
  work: string,
  frames: Uint8Array[],
  chunkBytes: number,
  pair: Pair,
) {
  const { decodeMessages } = pair.freshet;
  const chunks = cut(concatenate(frames), chunkBytes);
  await expectSameStreams(chunks, pair);
  return compareTallies(work, frames.length, pair, [
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

/** The cheapest async source there is, so that what is measured is the codec. */
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

// A round goes over the frames so often that it collects its own garbage, not that of the round before.
const passes = 10;

async function compareTallies(
  work: string,
  frames: number,
  { names }: Pair,
  sides: [() => Tally | Promise<Tally>, () => Tally | Promise<Tally>],
): Promise<Comparison> {
  const [ours, theirs] = sides.map((once) => async () => {
    const tally = await once();
    for (let pass = 1; pass < passes; pass++) await once();
    return tally;
  }) as [() => Promise<Tally>, () => Promise<Tally>];
  return compare<Tally>(work, {
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
