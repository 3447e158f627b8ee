import { concatenate, cutEvery, utf8 } from "@freshet/test-support";
import { describe, expect, test } from "vitest";
import { decodeMessages, encodeMessage, EventStreamError, header } from "../../src/index.ts";
import { plain, rawFrame } from "../support/frames.ts";

const messages = Array.from({ length: 5 }, (_, index) => ({
  headers: [["n", header.integer(index)] as [string, ReturnType<typeof header.integer>]],
  payload: utf8(`payload ${index}`),
}));
const frames = messages.map((message) => encodeMessage(message));
const stream = concatenate(...frames);

async function collect(source: Parameters<typeof decodeMessages>[0]) {
  const all = [];
  for await (const message of decodeMessages(source)) all.push(plain(message));
  return all;
}

function readable(chunks: Uint8Array[], onCancel: (reason: unknown) => void = () => undefined) {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      const chunk = chunks.shift();
      if (chunk) controller.enqueue(chunk.slice());
      else controller.close();
    },
    cancel: onCancel,
  });
}

async function* generate(chunks: Uint8Array[], onReturn?: () => void) {
  try {
    for (const chunk of chunks) {
      await Promise.resolve();
      yield chunk;
    }
  } finally {
    onReturn?.();
  }
}

describe("every kind of source", () => {
  test.each([1, 10, 33, 1000])("in chunks of %i bytes", async (size) => {
    const chunks = cutEvery(stream, size);
    expect(await collect(chunks)).toEqual(messages);
    expect(await collect(generate(chunks))).toEqual(messages);
    expect(await collect(readable([...chunks]))).toEqual(messages);
    expect(await collect(new Response(stream).body ?? [])).toEqual(messages);
  });

  test("an empty source", async () => {
    expect(await collect([])).toEqual([]);
  });
});

describe("an error comes after the messages before it, with the offset in the stream", () => {
  const offset = stream.byteLength;
  test("a bad frame is an error that cancels the source", async () => {
    const chunks = [concatenate(stream, rawFrame({ messageCrc: 0 })), stream, stream];
    let reason: unknown;
    const received: unknown[] = [];
    const read = async () => {
      for await (const message of decodeMessages(readable(chunks, (why) => (reason = why)))) {
        received.push(plain(message));
      }
    };
    const error: unknown = await read().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "MESSAGE_CHECKSUM_MISMATCH", offset });
    expect(received).toEqual(messages);
    expect(reason).toBe(error);
  });

  test("a cut stream is INCOMPLETE_STREAM", async () => {
    const bytes = concatenate(stream, stream.subarray(0, 3));
    await expect(collect(cutEvery(bytes, 7))).rejects.toMatchObject({
      code: "INCOMPLETE_STREAM",
      offset,
    });
  });

  test("a source that fails ends the loop with its own error", async () => {
    const failure = new Error("socket closed");
    const failing = async function* () {
      yield await Promise.resolve(stream);
      throw failure;
    };
    const iterator = decodeMessages(failing());
    for (const message of messages) {
      expect(plain((await iterator.next()).value ?? fail())).toEqual(message);
    }
    await expect(iterator.next()).rejects.toBe(failure);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe("leaving early", () => {
  test("leaving the loop cancels the source", async () => {
    let cancelled = 0;
    for await (const message of decodeMessages(readable([stream, stream], () => cancelled++))) {
      expect(plain(message)).toEqual(messages[0]);
      break;
    }
    expect(cancelled).toBe(1);
    for await (const message of decodeMessages(generate([stream], () => cancelled++))) {
      expect(plain(message)).toEqual(messages[0]);
      break;
    }
    expect(cancelled).toBe(2);
  });

  test("return while a read is pending ends both", async () => {
    let cancelled = false;
    const silent = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
    const iterator = decodeMessages(silent);
    const pending = iterator.next();
    expect(await iterator.return(undefined)).toEqual({ done: true, value: undefined });
    expect(cancelled).toBe(true);
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("return in the middle of a frame is no error", async () => {
    const source = readable([stream.subarray(0, 50)]);
    const iterator = decodeMessages(source);
    await iterator.next();
    expect((await iterator.return(undefined)).done).toBe(true);
  });

  test("throw rejects with its error and cancels the source", async () => {
    let reason: unknown;
    const iterator = decodeMessages(readable([stream, stream, stream], (why) => (reason = why)));
    await iterator.next();
    const failure = new EventStreamError("INCOMPLETE_STREAM", "made up");
    await expect(iterator.throw(failure)).rejects.toBe(failure);
    expect(reason).toBe(failure);
  });
});

describe("an abort", () => {
  test("ends a pending read immediately with the signal's reason, and cancels the source", async () => {
    let cancelled: unknown;
    const silent = new ReadableStream<Uint8Array>({ cancel: (why) => void (cancelled = why) });
    const controller = new AbortController();
    const pending = decodeMessages(silent, { signal: controller.signal }).next();
    const reason = new Error("the user left");
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    expect(cancelled).toBe(reason);
  });

  test("ends the loop between two messages, also when more are there", async () => {
    const controller = new AbortController();
    const received: unknown[] = [];
    const read = async () => {
      for await (const message of decodeMessages([stream], { signal: controller.signal })) {
        received.push(plain(message));
        controller.abort("enough");
      }
    };
    await expect(read()).rejects.toBe("enough");
    expect(received).toEqual(messages.slice(0, 1));
  });
});

describe("an idle timeout", () => {
  test("is an error with the offset of the frame that did not come, and cancels the source", async () => {
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(stream.slice(0, -1)),
      cancel: (why) => void (cancelled = why),
    });
    const received: unknown[] = [];
    const read = async () => {
      for await (const message of decodeMessages(source, { idleTimeoutMs: 5 })) {
        received.push(plain(message));
      }
    };
    const error: unknown = await read().catch((thrown: unknown) => thrown);
    const offset = stream.byteLength - (frames.at(-1)?.byteLength ?? 0);
    expect(error).toBeInstanceOf(EventStreamError);
    expect(error).toMatchObject({ code: "IDLE_TIMEOUT", offset });
    expect(received).toEqual(messages.slice(0, -1));
    expect(cancelled).toBe(error);
  });

  test("does not disturb a source that is never silent", async () => {
    const received = [];
    for await (const message of decodeMessages(generate(cutEvery(stream, 9)), {
      idleTimeoutMs: 10_000,
    })) {
      received.push(plain(message));
    }
    expect(received).toEqual(messages);
  });
});

test("nothing is read ahead of the consumer", async () => {
  let pulled = 0;
  const source = {
    *[Symbol.iterator]() {
      for (const frame of frames) {
        pulled++;
        yield frame;
      }
    },
  };
  const iterator = decodeMessages(source);
  expect(pulled).toBe(0);
  await iterator.next();
  expect(pulled).toBe(1);
  await iterator.next();
  expect(pulled).toBe(2);
});

test("calls of next that do not wait for each other resolve in order", async () => {
  const iterator = decodeMessages(generate(cutEvery(stream, 9)));
  const results = await Promise.all(Array.from({ length: 7 }, () => iterator.next()));
  expect(results.map(({ value }) => value && plain(value))).toEqual([
    ...messages,
    undefined,
    undefined,
  ]);
  expect(results.map(({ done }) => done)).toEqual([...Array<boolean>(5).fill(false), true, true]);
});

function fail(): never {
  throw new Error("a message is missing");
}

test("`await using` cancels the source", async () => {
  let resolve: (reason: unknown) => void = () => undefined;
  const cancelled = new Promise((done) => (resolve = done));
  const messages = decodeMessages(readable([stream], resolve));
  const { asyncDispose } = Symbol as unknown as { asyncDispose: symbol };
  await (messages as unknown as Record<symbol, () => Promise<void>>)[asyncDispose]?.();
  await cancelled;
});
