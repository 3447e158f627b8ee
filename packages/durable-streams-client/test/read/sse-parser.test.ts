import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SseParser } from "../../src/read/sse-parser.ts";

type Event = readonly [type: string, data: string];

function parse(chunks: Iterable<string>): Event[] {
  const events: Event[] = [];
  const parser = new SseParser((type, data) => events.push([type, data]));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

function parseByPeer(chunks: Iterable<string>): Event[] {
  const events: Event[] = [];
  const parser = createParser({ onEvent: ({ event = "", data }) => events.push([event, data]) });
  for (const chunk of chunks) parser.feed(chunk);
  return events;
}

const piece = fc.constantFrom(
  ...["data", "data:", "data: ", "data:  a", "event: data", "event", "event:control", "id: 1"],
  ...["retry: 5", ":", ": comment", "other: x", " data: x", "x", "é🙂", '{"a":[1,2]}', ":"],
  ...["\n", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\r\r"],
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

test("gives what eventsource-parser gives, however the text is cut", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (body, cuts) => {
      // A CR at the very end may be half of a CR LF, for which parsers wait or do not.
      const whole = `${body}:\n`;
      const expected = parseByPeer([whole]);
      expect(parse([whole])).toEqual(expected);
      expect(parse(whole.split(""))).toEqual(expected);
      const ends = [...cuts.map((cut) => cut % whole.length), 0, whole.length].sort(
        (a, b) => a - b,
      );
      expect(parse(ends.map((end, at) => whole.slice(ends[at - 1] ?? 0, end)))).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test("counts what it keeps, and only that", () => {
  const parser = new SseParser(() => undefined);
  parser.push(": a comment that goes on\n: and on\nevent: data\n");
  expect(parser.pendingLength).toBe(0);
  parser.push("data: 12");
  parser.push("34");
  expect(parser.pendingLength).toBe(10);
  parser.push("\ndata: 5\n");
  expect(parser.pendingLength).toBe(17);
  parser.push("\n");
  expect(parser.pendingLength).toBe(0);
});
