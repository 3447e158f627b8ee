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
import { checkCaptures } from "../../src/captures/check-captures.ts";
import { UsageError } from "../../src/usage-error.ts";

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

test("captures that yield the expected events pass", async () => {
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
  expect(await checkCaptures([directory])).toBe(0);
});

test.each([
  ["a missing event", [stop], [redactedExpected, stopExpected]],
  ["another value", [stop], [{ messageStop: { stopReason: "max_tokens" } }]],
  [
    "another blob",
    [redacted, stop],
    [JSON.parse(JSON.stringify(redactedExpected).replace("AQID", "AQIE")), stopExpected],
  ],
  ["an unexpected exception", [encodeException("xException", "{}")], []],
  ["a missing exception", [stop], [stopExpected, { $thrown: { name: "AException" } }]],
  [
    "another exception",
    [encodeException("throttlingException", "{}")],
    [{ $thrown: { name: "ValidationException" } }],
  ],
])("captures with %s fail", async (_, frames, expected) => {
  await capture("bad", frames, expected);
  await capture("good", [stop], [stopExpected]);
  expect(await checkCaptures([directory])).toBe(1);
});

test.each([[], ["a", "b"], ["--help"], ["no-such-folder"]])(
  "the arguments %j of captures are refused in one sentence",
  async (...args) => {
    const checking = checkCaptures(args);
    await expect(checking).rejects.toThrow(UsageError);
    await expect(checking).rejects.toThrow(/^[^\n]+\.$/);
  },
);

test("a folder without captures is refused", async () => {
  await expect(checkCaptures([directory])).rejects.toThrow(
    `There is no .bin file in ${directory}.`,
  );
});

test("only additional fields are not a difference", () => {
  expect(describeDifference({ a: [1] }, { a: [1], b: 2 })).toBeUndefined();
  expect(describeDifference({ a: [1] }, { a: [1, 2] })).toBe("a has 2 items, not 1");
  expect(describeDifference([{ a: 1 }], [{ a: 2 }])).toBe("[0].a is 2, not 1");
  expect(describeDifference({ a: null }, {})).toBe("the value lacks a");
});
