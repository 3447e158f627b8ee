import { concatenate, cutEvery, utf8 } from "@freshet/test-support";
import { describe, expect, test } from "vitest";
import {
  encodeMessage,
  header,
  MessageDecoderStream,
  MessageEncoderStream,
  type EventStreamMessage,
} from "../../src/index.ts";
import { plain, rawFrame } from "../support/frames.ts";

const messages = Array.from({ length: 6 }, (_, index) => ({
  headers: [["n", header.integer(index)] as [string, ReturnType<typeof header.integer>]],
  payload: utf8(`payload ${index}`),
}));
const frames = messages.map((message) => encodeMessage(message));
const stream = concatenate(...frames);

function from(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect(source: ReadableStream<EventStreamMessage>) {
  const reader = source.getReader();
  const received: unknown[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { received, error: undefined };
      received.push(plain(value));
      // A slow consumer: whatever the stream would throw away it has thrown away by now.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } catch (error) {
    return { received, error };
  }
}

describe("MessageDecoderStream", () => {
  test.each([1, 11, 40, 1000])("decodes chunks of %i bytes", async (size) => {
    const decoded = from(cutEvery(stream, size)).pipeThrough(new MessageDecoderStream());
    expect(await collect(decoded)).toEqual({ received: messages, error: undefined });
  });

  test("MessageDecoderStream is a TransformStream", () => {
    expect(new MessageDecoderStream()).toBeInstanceOf(TransformStream);
  });

  test("emits every message before a bad frame, even from the same chunk to a slow consumer", async () => {
    const bytes = concatenate(stream, rawFrame({ messageCrc: 0 }), stream);
    const decoded = from([bytes]).pipeThrough(new MessageDecoderStream());
    const { received, error } = await collect(decoded);
    expect(received).toEqual(messages);
    expect(error).toMatchObject({ code: "MESSAGE_CHECKSUM_MISMATCH", offset: stream.byteLength });
  });

  test("emits every message before the end of a cut stream", async () => {
    const decoded = from([stream.subarray(0, -1)]).pipeThrough(new MessageDecoderStream());
    const { received, error } = await collect(decoded);
    expect(received).toEqual(messages.slice(0, 5));
    expect(error).toMatchObject({ code: "INCOMPLETE_STREAM" });
  });

  test("a bad frame fails the writer", async () => {
    const decoder = new MessageDecoderStream();
    const writer = decoder.writable.getWriter();
    const closed = writer.closed.catch((error: unknown) => error);
    void writer.write(rawFrame({ preludeCrc: 0 })).catch(() => undefined);
    const { error } = await collect(decoder.readable);
    expect(error).toMatchObject({ code: "PRELUDE_CHECKSUM_MISMATCH" });
    expect(await closed).toBe(error);
  });

  test("an abort of the writer fails the reader", async () => {
    const decoder = new MessageDecoderStream();
    const failure = new Error("connection lost");
    await decoder.writable.getWriter().abort(failure);
    expect((await collect(decoder.readable)).error).toBe(failure);
  });

  test("cancelling the decoder cancels the source with the reason", async () => {
    let reason: unknown;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(stream.slice(0, frames[0]?.byteLength)),
      cancel: (why) => void (reason = why),
    });
    const reader = source.pipeThrough(new MessageDecoderStream()).getReader();
    expect((await reader.read()).done).toBe(false);
    await reader.cancel("enough");
    expect(reason).toBe("enough");
  });

  test("the source is not pulled while nobody reads", async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          pulled++;
          controller.enqueue(stream.slice(0, frames[0]?.byteLength));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = source.pipeThrough(new MessageDecoderStream()).getReader();
    for (let count = 0; count < 5; count++) await reader.read();
    const afterFive = pulled;
    await new Promise((resolve) => setTimeout(resolve, 20));
    // The pipe may hold a chunk or two on its way; it must not go on by itself.
    expect(afterFive).toBeLessThanOrEqual(8);
    expect(pulled).toBeLessThanOrEqual(8);
    await reader.cancel();
  });
});

describe("MessageEncoderStream", () => {
  test("encodes one frame per message", async () => {
    const source = new ReadableStream({
      start: (controller) => {
        for (const message of messages) controller.enqueue(message);
        controller.close();
      },
    });
    const bytes = await new Response(source.pipeThrough(new MessageEncoderStream())).bytes();
    expect(bytes).toEqual(stream);
  });

  test("a message that cannot be encoded is an error after the frames before it", async () => {
    const encoder = new MessageEncoderStream();
    const writer = encoder.writable.getWriter();
    const reader = encoder.readable.getReader();
    const writes = [
      writer.write(messages[0]),
      writer.write({ headers: { bad: header.byte(300) } }).catch((error: unknown) => error),
    ];
    expect((await reader.read()).value).toEqual(frames[0]);
    await expect(reader.read()).rejects.toMatchObject({ headerName: "bad" });
    expect(await writes[1]).toMatchObject({ code: "HEADER_VALUE_INVALID" });
    await writer.closed.catch(() => undefined);
  });

  test("what MessageEncoderStream encodes MessageDecoderStream decodes", async () => {
    const source = new ReadableStream({
      start: (controller) => {
        for (const message of messages) controller.enqueue(message);
        controller.close();
      },
    });
    const decoded = source
      .pipeThrough(new MessageEncoderStream({ maxMessageBytes: 200 }))
      .pipeThrough(new MessageDecoderStream({ copy: true }));
    expect((await collect(decoded)).received).toEqual(messages);
  });
});
