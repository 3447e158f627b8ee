import { createParser } from "eventsource-parser";
import { cutEvery, everyCut, utf8 } from "@freshet/test-support";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SseParser } from "../../src/sse.ts";

type Parsed = [type: string, data: string, id: string | undefined];

function parser() {
  const events: Parsed[] = [];
  const retries: number[] = [];
  const sse = new SseParser({
    onEvent: (...event) => events.push(event),
    onRetry: (ms) => retries.push(ms),
  });
  return { sse, events, retries };
}

function parse(chunks: readonly (string | Uint8Array)[]) {
  const { sse, events, retries } = parser();
  for (const chunk of chunks) sse.push(chunk);
  const { lastEventId, pendingLength, isInsideEvent } = sse;
  return { events, retries, lastEventId, pendingLength, isInsideEvent };
}

test.each<[string, Parsed[]]>([
  ["data: a\n\n", [["", "a", undefined]]],
  ["data:a\ndata:  b\n\n", [["", "a\n b", undefined]]],
  ["event: token\r\ndata: a\r\n\r\n", [["token", "a", undefined]]],
  ["event: token\rdata: a\rid: 7\r\r", [["token", "a", "7"]]],
  ["data\n\n", [["", "", undefined]]],
  ["data\ndata\n\n", [["", "\n", undefined]]],
  ["data:\n\n", [["", "", undefined]]],
  ["event: a\n\ndata: b\n\n", [["", "b", undefined]]],
  [": comment\ndata: a\n: more\n\n", [["", "a", undefined]]],
  [
    "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
    [
      ["", "a", "1"],
      ["", "b", undefined],
      ["", "c", ""],
    ],
  ],
  ["id: a\0b\ndata: a\n\n", [["", "a", undefined]]],
  ["DATA: a\n\nunknown: b\n\ndatax: c\n\n data: d\n\n", []],
  ["\ufeffdata: a\n\n", [["", "a", undefined]]],
  ["data: a\ufeff\n\n", [["", "a\ufeff", undefined]]],
  ["data: a\n", []],
])("%j", (text, expected) => {
  expect(parse([text]).events).toEqual(expected);
});

test("an id without data is the last id all the same", () => {
  expect(parse(["id: 1\ndata: a\n\nid: 2\n\n"]).lastEventId).toBe("2");
  expect(parse(["id: 1\ndata: a\n\nid: 2\n"]).lastEventId).toBe("1");
});

test("retry counts only when it is digits", () => {
  expect(parse(["retry: 250\nretry: 1e3\nretry: -1\nretry:\n\n"]).retries).toEqual([250]);
});

test.each([
  ["", false],
  ["data: a\n\n", false],
  ["data: a\n\n: com", false],
  ["data: a\n", true],
  ["dat", true],
  ["event: a\n", true],
  ["id: a\n", true],
  ["data: a\n\nevent: b", true],
])("%j is inside an event: %j", (text, expected) => {
  expect(parse([text]).isInsideEvent).toBe(expected);
});

test("what is pending is counted: an unfinished line and the data before it", () => {
  expect(parse(["data: 12345\ndata: 12345\nda"]).pendingLength).toBe(11 + 2);
  expect(parse(["data: 12345\n\n"]).pendingLength).toBe(0);
  expect(parse([": ".padEnd(1000, "x")]).pendingLength).toBe(1000);
});

const line = fc.oneof(
  fc.constantFrom("data", "event", "id", "retry", "", ":").map((name) => `${name}: x`),
  fc.constantFrom(
    "data",
    "event",
    "id",
    "data:",
    "data:  two",
    "id: 1",
    "event: token",
    ": c",
    "",
    "",
  ),
  fc.string({ unit: fc.constantFrom("d", "a", "t", ":", " ", "✓", "ü") }),
);
const streams = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")))
  .map((lines) => lines.map((parts) => parts.join("")).join(""));

describe("however the stream is cut", () => {
  test("the events are the same, as text and as bytes", () => {
    fc.assert(
      fc.property(streams, (text) => {
        const whole = parse([text]);
        const encoded = utf8(text);
        expect(parse(Array.from(text))).toEqual(whole);
        expect(parse(cutEvery(encoded, 1))).toEqual(whole);
        for (const chunks of everyCut(encoded)) expect(parse(chunks)).toEqual(whole);
      }),
    );
  });

  test("eventsource-parser gives the same events", () => {
    fc.assert(
      fc.property(streams, (text) => {
        const theirs: Parsed[] = [];
        const peer = createParser({
          onEvent: ({ event = "", data, id }) => theirs.push([event, data, id]),
        });
        // It defers a CR at the end until more comes.
        const stream = text.replace(/\r\n?/g, "\n");
        peer.feed(stream);
        expect(parse([stream]).events).toEqual(theirs);
      }),
    );
  });
});
