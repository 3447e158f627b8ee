import { expect, test } from "vitest";
import { BedrockError, parseBedrockEvents, type BedrockEvent } from "../../src/index.ts";
import { encodeConverseEvent, encodeException } from "../../src/testing/index.ts";
import { concat } from "../support/slicings.ts";

const start = encodeConverseEvent({ type: "messageStart", role: "assistant" });
const stop = encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" });

test("at every cut the rest is what the next bytes go behind", () => {
  const body = concat([start, stop, start]);
  for (let cut = 0; cut <= body.length; cut++) {
    const first = parseBedrockEvents(body.subarray(0, cut));
    const second = parseBedrockEvents(concat([first.rest, body.subarray(cut)]));
    const types = [...first.events, ...second.events].map((event) => event.type);
    expect(types).toEqual(["messageStart", "messageStop", "messageStart"]);
    expect(second.rest).toHaveLength(0);
  }
});

test("a fault throws with the events that came before it", () => {
  const error = failureOf(concat([start, stop, encodeException("throttlingException", "{}")]));
  expect(error).toMatchObject({ code: "THROTTLED", offset: start.length + stop.length });
  expect(error.events?.map((event) => (event as BedrockEvent).type)).toEqual([
    "messageStart",
    "messageStop",
  ]);
});

test("a damaged frame keeps its cause", () => {
  const broken = stop.slice();
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  const error = failureOf(concat([start, broken]));
  expect(error).toMatchObject({
    code: "INVALID_FRAME",
    cause: { code: "MESSAGE_CHECKSUM_MISMATCH" },
  });
  expect(error.events).toHaveLength(1);
});

function failureOf(bytes: Uint8Array): BedrockError {
  try {
    parseBedrockEvents(bytes);
  } catch (error) {
    if (error instanceof BedrockError) return error;
  }
  throw new Error("It did not fail as it should.");
}
