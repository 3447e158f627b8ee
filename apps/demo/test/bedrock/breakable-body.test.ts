import { decodeConverseStream } from "@freshet/bedrock-adapter";
import { encodeConverseEvent } from "@freshet/bedrock-adapter/testing";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { BedrockFault } from "../../src/protocol/api.ts";
import { BreakableBody } from "../../src/bedrock/breakable-body.ts";

const frames = [
  encodeConverseEvent({ type: "messageStart", role: "assistant" }),
  ...Array.from({ length: 20 }, (_, index) =>
    encodeConverseEvent({
      type: "contentBlockDelta",
      contentBlockIndex: 0,
      delta: { text: `word ${index} ` },
    }),
  ),
  encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 }),
  encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }),
];
const whole = new Uint8Array(Buffer.concat(frames));

function chunked(sizes: readonly number[]): ReadableStream<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = sizes[turn % sizes.length] ?? whole.length;
    chunks.push(whole.slice(at, at + size));
    at += size;
  }
  return new ReadableStream({
    pull: (controller) => {
      const chunk = chunks.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

/** Reads the body: how many events passed, and the code of the error at the end. */
async function read(
  fault: BedrockFault | undefined,
  sizes: readonly number[],
  onEnd: () => void = () => undefined,
): Promise<{ events: number; code: unknown }> {
  let armed = fault;
  const take = () => {
    const taken = armed;
    armed = undefined;
    return taken;
  };
  const body = new ReadableStream(new BreakableBody(chunked(sizes), take, onEnd));
  const events: string[] = [];
  try {
    for await (const { type } of decodeConverseStream(body, { idleTimeoutMs: 50 })) {
      events.push(type);
    }
    return { events: events.length, code: undefined };
  } catch (error) {
    return { events: events.length, code: (error as { code?: unknown }).code };
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });

test("a body without a fault passes whole, at any chunk split", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, async (cut) => {
      expect(await read(undefined, cut)).toEqual({ events: frames.length, code: undefined });
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["throttle", "THROTTLED"],
  ["checksum", "INVALID_FRAME"],
  ["end-early", "INCOMPLETE_STREAM"],
  ["stall", "IDLE_TIMEOUT"],
] as const)(
  "the fault %s happens after whole frames, at any chunk split, and is read as %s",
  async (fault, code) => {
    await fc.assert(
      fc.asyncProperty(sizes, async (cut) => {
        const result = await read(fault, cut);
        expect(result.code).toBe(code);
        expect(result.events).toBeGreaterThanOrEqual(7);
        expect(result.events).toBeLessThan(frames.length);
      }),
      { numRuns: 20 },
    );
  },
);

test("a body that is cancelled while it waits ends once", async () => {
  const onEnd = vi.fn();
  const silent = new ReadableStream<Uint8Array>();
  const reader = new ReadableStream(new BreakableBody(silent, () => undefined, onEnd)).getReader();
  const reading = reader.read();
  await reader.cancel();
  expect(await reading).toMatchObject({ done: true });
  await new Promise((resolve) => setImmediate(resolve));
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test.each(["throttle", "stall", undefined] as const)(
  "a body with the fault %s reports its end once",
  async (fault) => {
    const onEnd = vi.fn();
    await read(fault, [100], onEnd);
    await expect.poll(() => onEnd.mock.calls.length).toBe(1);
  },
);
