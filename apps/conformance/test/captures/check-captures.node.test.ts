import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encodeConverseEvent,
  encodeException,
  encodeInvokeChunk,
} from "@freshet/bedrock-adapter/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { describeDifference } from "../../src/captures/difference.ts";
import { captures } from "../../src/captures/check-captures.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "captures-"));
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

async function capture(name: string, frames: Uint8Array[], expected: unknown): Promise<void> {
  await writeFile(join(directory, `${name}.bin`), Buffer.concat(frames));
  await writeFile(join(directory, `${name}.expected.json`), JSON.stringify(expected));
}

const stop = encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" });
const redacted = encodeConverseEvent({
  type: "contentBlockDelta",
  contentBlockIndex: 0,
  delta: { reasoningContent: { redactedContent: new Uint8Array([1, 2, 3]) } },
});
const redactedExpected = {
  contentBlockDelta: {
    contentBlockIndex: 0,
    delta: { reasoningContent: { redactedContent: { $bytes: "AQID" } } },
  },
};
const stopExpected = { messageStop: { stopReason: "end_turn" } };

test("captures that give what is expected pass", async () => {
  await capture("converse", [redacted, stop], [redactedExpected, stopExpected]);
  const chunk = { generation: "Hi", stop_reason: "stop" };
  await capture("invoke", [encodeInvokeChunk(chunk)], [chunk]);
  const thrown = encodeException("throttlingException", '{"message":"slow down"}');
  await capture(
    "thrown",
    [redacted, thrown],
    [redactedExpected, { $thrown: { name: "ThrottlingException", message: "slow down" } }],
  );
  await capture("cut", [redacted], [redactedExpected]);
  expect(await captures([directory])).toBe(0);
});

test.each([
  ["a missing event", [stop], [redactedExpected, stopExpected]],
  ["another value", [stop], [{ messageStop: { stopReason: "max_tokens" } }]],
  [
    "another blob",
    [redacted, stop],
    [JSON.parse(JSON.stringify(redactedExpected).replace("AQID", "AQIE")), stopExpected],
  ],
  ["an exception nobody expected", [encodeException("xException", "{}")], []],
  [
    "no exception where one was expected",
    [stop],
    [stopExpected, { $thrown: { name: "AException" } }],
  ],
  [
    "another exception",
    [encodeException("throttlingException", "{}")],
    [{ $thrown: { name: "ValidationException" } }],
  ],
])("%s is a difference", async (_, frames, expected) => {
  await capture("bad", frames, expected);
  await capture("good", [stop], [stopExpected]);
  expect(await captures([directory])).toBe(1);
});

test("a folder without captures and a missing argument are usage errors", async () => {
  expect(await captures([directory])).toBe(2);
  expect(await captures([])).toBe(2);
});

test("only fields beyond the expectation are no difference", () => {
  expect(describeDifference({ a: [1] }, { a: [1], b: 2 })).toBeUndefined();
  expect(describeDifference({ a: [1] }, { a: [1, 2] })).toBe("a has 2 items, not 1");
  expect(describeDifference([{ a: 1 }], [{ a: 2 }])).toBe("[0].a is 2, not 1");
  expect(describeDifference({ a: null }, {})).toBe("the value has no a");
});
