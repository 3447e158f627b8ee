import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AgentEventParser,
  agentEvent,
  formatAgentEvent,
  type AgentEventParserOptions,
  type ReceivedEvent,
} from "../../src/index.ts";
import { anyEvent, throughJson } from "../support/arbitrary-events.ts";
import { chunkSizes, everySplit, splitAt } from "../support/chunk-splits.ts";

const encoder = new TextEncoder();

interface Outcome {
  received: ReceivedEvent[];
  code: unknown;
}

function parse(chunks: (Uint8Array | string)[], options?: AgentEventParserOptions): Outcome {
  const parser = new AgentEventParser(options);
  const received: ReceivedEvent[] = [];
  let code: unknown;
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      for (let next = parser.read(); next; next = parser.read()) received.push(next);
    }
    parser.end();
    for (let next = parser.read(); next; next = parser.read()) received.push(next);
  } catch (error) {
    code = (error as { code?: unknown }).code;
  }
  return { received, code };
}

const token = (text: string, id?: string): ReceivedEvent => ({ event: agentEvent.token(text), id });

/** An event of another protocol, whose data is not a JSON object. */
const foreign = (type: string, data: string, id?: string): ReceivedEvent => ({
  event: { type, data } as never,
  id,
});

const streams: [string, string, Outcome][] = [
  [
    "a whole turn",
    'event: token\ndata: {"text":"äöü😀"}\nid: 1\n\nevent: done\ndata: {}\n\n',
    {
      received: [token("äöü😀", "1"), { event: { type: "done" } as never, id: "1" }],
      code: undefined,
    },
  ],
  [
    "CR, CR LF and LF as line ends, in one stream",
    'event: token\rdata: {"text":"a"}\r\revent: token\r\ndata: {"text":"b"}\r\n\r\nevent: done\ndata: {}\n\n',
    {
      received: [token("a"), token("b"), { event: { type: "done" } as never, id: undefined }],
      code: undefined,
    },
  ],
  [
    "a bare CR as the very last line end",
    "event: done\rdata: {}\r\r",
    { received: [{ event: { type: "done" } as never, id: undefined }], code: undefined },
  ],
  [
    "a byte order mark at the start, and one that belongs to the text",
    '\ufeffevent: token\ndata: {"text":"\ufeffa"}\n\n',
    { received: [token("\ufeffa")], code: "INCOMPLETE_STREAM" },
  ],
  [
    "what looks like a byte order mark to a parser of bytes",
    '\u00ef\u00bb\u00bfevent: x\nevent: token\ndata: {"text":"a"}\n\n',
    { received: [token("a")], code: "INCOMPLETE_STREAM" },
  ],
  [
    "comments, unknown fields, fields without a colon, data in several lines, no space after the colon",
    ':\n: hello\nfoo: bar\nevent:token\ndata:{"text":\ndata: "a"}\nid\n\n',
    { received: [token("a", "")], code: "INCOMPLETE_STREAM" },
  ],
  [
    "an id with NUL is ignored, an id stays until the next",
    'event: token\ndata: {"text":"a"}\nid: 1\n\nevent: token\ndata: {"text":"b"}\nid: 2\0\n\nevent: token\ndata: {"text":"c"}\n\n',
    { received: [token("a", "1"), token("b", "1"), token("c", "1")], code: "INCOMPLETE_STREAM" },
  ],
  [
    "the name wins over a field that is called type; without a name that field counts",
    'event: token\ndata: {"type":"done","text":"a"}\n\ndata: {"type":"token","text":"b"}\n\ndata: {"x":1}\n\n',
    {
      received: [
        token("a"),
        token("b"),
        { event: { type: "message", x: 1 } as never, id: undefined },
      ],
      code: "INCOMPLETE_STREAM",
    },
  ],
  [
    "data without a blank line at the end is not delivered",
    'event: token\ndata: {"text":"a"}\n\nevent: token\ndata: {"text":"b"}\n',
    { received: [token("a")], code: "INCOMPLETE_STREAM" },
  ],
  [
    "an event that is cut off after done",
    'event: done\ndata: {}\n\nevent: token\ndata: {"te',
    { received: [{ event: { type: "done" } as never, id: undefined }], code: "INCOMPLETE_STREAM" },
  ],
  [
    "a comment that is cut off after done is harmless",
    "event: done\ndata: {}\n\n: keep-al",
    { received: [{ event: { type: "done" } as never, id: undefined }], code: undefined },
  ],
  [
    "data that is not JSON, after good events",
    'event: token\ndata: {"text":"a"}\n\nevent: token\ndata: b\n\nevent: token\ndata: {"text":"c"}\n\n',
    { received: [token("a")], code: "INVALID_PAYLOAD" },
  ],
  [
    "what other protocols send: text, nothing, an array, a number, and text that looks like JSON",
    "event: ping\ndata: 2026-01-01\n\ndata: [DONE]\n\nid: 5\ndata:\n\nevent: rows\ndata: [1, 2]\n\nevent: message\ndata: 7\n\ndata: {no\n\n",
    {
      received: [
        foreign("ping", "2026-01-01"),
        foreign("message", "[DONE]"),
        foreign("message", "", "5"),
        foreign("rows", "[1, 2]", "5"),
        foreign("message", "7", "5"),
        foreign("message", "{no", "5"),
      ],
      code: "INCOMPLETE_STREAM",
    },
  ],
  ...[
    "event: done\ndata: {}\n",
    "event: done\ndata: {}",
    "event: done\r\ndata: {}\r\n",
    "event: done\rdata: {}\r",
    "event: done\ndata: {}\nid: 12",
  ].map((text): [string, string, Outcome] => [
    `done without its blank line: ${JSON.stringify(text)}`,
    `event: token\ndata: {"text":"a"}\nid: 1\n\n${text}`,
    {
      received: [token("a", "1"), { event: { type: "done" } as never, id: "1" }],
      code: undefined,
    },
  ]),
  ...["event: done\n", "event: done\ndata: {", "event: don", "data: {}\n", "id: 2"].map(
    (text): [string, string, Outcome] => [
      `an end within ${JSON.stringify(text)}`,
      `event: token\ndata: {"text":"a"}\nid: 1\n\n${text}`,
      { received: [token("a", "1")], code: "INCOMPLETE_STREAM" },
    ],
  ),
  [
    "data that is not an object",
    'event: token\ndata: {"text":"a"}\n\nevent: token\ndata: "b"\n\n',
    { received: [token("a")], code: "INVALID_PAYLOAD" },
  ],
  ["nothing at all", "", { received: [], code: "INCOMPLETE_STREAM" }],
];

describe.each(streams)("%s", (_, text, expected) => {
  const bytes = encoder.encode(text);

  test("at every split of the bytes", () => {
    for (const chunks of everySplit(bytes)) expect(parse(chunks)).toEqual(expected);
  });

  test("at every split of the text", () => {
    for (let index = 0; index < text.length; index++) {
      expect(parse([text.slice(0, index), text.slice(index)])).toEqual(expected);
    }
  });
});

test("the parser restores any events, in any chunks and either format", () => {
  const options = fc.record({ format: fc.constantFrom("json" as const, "python" as const) });
  fc.assert(
    fc.property(fc.array(anyEvent), options, chunkSizes, (events, { format }, sizes) => {
      const text = events.map((event, index) =>
        formatAgentEvent(event, { format, id: `i${index}` }),
      );
      const { received } = parse(splitAt(encoder.encode(text.join("")), sizes));
      expect(received).toEqual(
        events.map((event, index) => ({ event: throughJson(event), id: `i${index}` })),
      );
    }),
    { numRuns: 300 },
  );
});

/** The last event id at each event with data. eventsource-parser forgets the id of a block without data. */
function lastIds(text: string): (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  let last: string | undefined;
  let hasData = false;
  // The last line has no end yet.
  for (const line of text.split(/\r\n?|\n/).slice(0, -1)) {
    if (line === "" && hasData) ids.push(last);
    if (line === "") hasData = false;
    else if (/^data(:|$)/.test(line)) hasData = true;
    else if (/^id(:|$)/.test(line) && !line.includes("\0")) last = line.slice(3).replace(/^ /, "");
  }
  return ids;
}

test("the parser gives the events of eventsource-parser, for any text in any chunks", () => {
  const piece = fc.constantFrom(
    ...["data", "event", "id", "retry", ":", " ", "\n", "\r", "\r\n", "\n\n", '{"a":1}', "x", "\0"],
    ...["data: {}\n\n", 'data: {"text":"a"}\n', "event: token\n", "id: 7\n"],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), chunkSizes, (pieces, sizes) => {
      const text = pieces.join("");
      const expected: { data: unknown; name: string | undefined }[] = [];
      const reference = createParser({
        onEvent: ({ data, event }) => expected.push({ data, name: event }),
      });
      // Its own line is not complete until the next character is known, so it gets one more.
      reference.feed(text.replace(/\r\n?/g, "\n"));
      const fieldsOf = ({ data }: { data: unknown }): object | undefined => {
        try {
          const value: unknown = JSON.parse(String(data));
          return typeof value === "object" && value !== null && !Array.isArray(value)
            ? value
            : undefined;
        } catch {
          return undefined;
        }
      };
      const firstBad = expected.findIndex(
        (message) => message.name === "token" && !fieldsOf(message),
      );
      const good = firstBad < 0 ? expected : expected.slice(0, firstBad);
      const ids = lastIds(text);
      const events = good.map((message, index) => {
        const id = ids[index];
        const fields = fieldsOf(message) ?? { data: message.data };
        return { event: { ...fields, type: message.name ?? "message" }, id };
      });
      const actual = parse(splitAt(encoder.encode(text), sizes));
      expect(actual.received).toEqual(events);
      if (firstBad >= 0) expect(actual.code).toBe("INVALID_PAYLOAD");
    }),
    { numRuns: 1000 },
  );
});

test("an event is complete at its blank line, whatever the line end", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    const parser = new AgentEventParser();
    parser.push(`event: token${end}data: {"text":"a"}${end}${end}`);
    expect(parser.read()).toEqual(token("a"));
    parser.push("event");
    expect(parser.read()).toBeUndefined();
  }
});

test("the parser keeps a field named __proto__ as a field", () => {
  const { received } = parse(['event: x\ndata: {"__proto__":{"polluted":true},"a":1}\n\n']);
  expect(Object.keys(received[0]?.event ?? {})).toEqual(["type", "__proto__", "a"]);
  expect(received[0]?.event).not.toHaveProperty("polluted");
});

test("type is the first key of a parsed event, as in a durable JSON stream", () => {
  const { received } = parse(['event: turn\ndata: {"turn_number":1,"total_tools":0}\n\n']);
  expect(JSON.stringify(received[0]?.event)).toBe(
    '{"type":"turn","turn_number":1,"total_tools":0}',
  );
});

test("read throws a failure every time after the good events, and push never does", () => {
  const parser = new AgentEventParser();
  parser
    .push('event: token\ndata: {"text":"a"}\nid: 9\n\nevent: token\ndata: nonsense\n\n')
    .push("more");
  expect(parser.read()).toEqual(token("a", "9"));
  for (let again = 0; again < 3; again++) {
    expect(() => parser.read()).toThrow(
      expect.objectContaining({ code: "INVALID_PAYLOAD", lastEventId: "9" }),
    );
    expect(() => parser.readBatch()).toThrow(expect.objectContaining({ code: "INVALID_PAYLOAD" }));
  }
});

test("readBatch returns the events that read has not returned", () => {
  const parser = new AgentEventParser();
  const frame = (text: string) => formatAgentEvent(agentEvent.token(text));
  parser.push(frame("a") + frame("b") + frame("c"));
  expect(parser.read()).toEqual(token("a"));
  expect(parser.readBatch()).toEqual([token("b"), token("c")]);
  expect(parser.readBatch()).toEqual([]);
});

describe("the parser limits the size of an event", () => {
  const event = (size: number) => `event: x\ndata: {"a":"${"y".repeat(size - 8)}"}\n\n`;

  test.each([
    ["exactly the limit", event(1000), undefined],
    ["one more", event(1001), "EVENT_TOO_LARGE"],
    ["a line that never ends", `data: ${"y".repeat(200_000)}`, "EVENT_TOO_LARGE"],
    ["lines that never end the event", "data: yyyyyyyyy\n".repeat(20_000), "EVENT_TOO_LARGE"],
  ])("%s", (_, text, code) => {
    const stream = `event: token\ndata: {"text":"a"}\n\n${text}event: done\ndata: {}\n\n`;
    const bytes = encoder.encode(stream);
    const sizes = [[], Array.from({ length: bytes.length }, () => 1), [40, 700, 200, 3, 60_000]];
    for (const chunks of sizes.map((size) => splitAt(bytes, size))) {
      const outcome = parse(chunks, { maxEventLength: 1000 });
      expect(outcome.code).toBe(code);
      expect(outcome.received[0]).toEqual(token("a"));
    }
  });
});

test("the parser takes linear time and memory for a large event in small chunks", () => {
  const text = "x".repeat(4 * 1024 * 1024);
  const bytes = encoder.encode(formatAgentEvent(agentEvent.token(text)));
  const sizes = Array.from({ length: Math.ceil(bytes.length / 1400) }, () => 1400);
  const { received } = parse(splitAt(bytes, sizes));
  expect(received).toHaveLength(1);
  expect((received[0]?.event as { text: string }).text === text).toBe(true);
});

test("onRetry gets valid retry fields in milliseconds and no invalid ones", () => {
  const retries: number[] = [];
  parse(["retry: 1500\n\nretry: soon\nretry: -1\nretry: 7\n\n"], {
    onRetry: (ms) => retries.push(ms),
  });
  expect(retries).toEqual([1500, 7]);
});

test("the parser continues with the last id of an earlier stream", () => {
  const { received } = parse([formatAgentEvent(agentEvent.token("a"))], { lastEventId: "41" });
  expect(received).toEqual([token("a", "41")]);
});

test.each([
  '{"text":"plain"}',
  '{"text": "with a space"}',
  '{"text":"\\"quoted\\" \\\\ \\u00e9\\n"}',
  '{"text":"ends in a backslash \\\\"}',
  '{"text":"a","more":"b"}',
  '{"text":"\\\\","more":"\\\\"}',
  '{"text":"a","text":"b"}',
  '{"text":""}',
  `{"text":"${"long ".repeat(50)}"}`,
  `{"text":"${'\\"'.repeat(50)}"}`,
])("the data of a token is what JSON says: %s", (data) => {
  const parser = new AgentEventParser().push(`event: token\ndata: ${data}\n\n`);
  const event = { type: "token", ...(JSON.parse(data) as object) };
  expect(parser.read()).toEqual({ event, id: undefined });
});

test.each([
  '{"text":"a""}',
  '{"text":"\\"}',
  '{"text":"\\x"}',
  '{"text":5"a"}',
  '{"text":a"}',
  '{"text":"}',
  '{"text":"\ttab"}',
  '{"text":"a"b"}',
  '{"text":"long enough to be no short text, and with a quotation mark " in the middle"}',
])("the data of a token that is not JSON is refused: %j", (data) => {
  const parser = new AgentEventParser().push(`event: token\ndata: ${data}\n\n`);
  expect(() => parser.read()).toThrow(expect.objectContaining({ code: "INVALID_PAYLOAD" }));
});

test("an id without data moves the id of the stream, one of an event that fails does not", () => {
  const parser = new AgentEventParser();
  expect(parser.lastEventId).toBeUndefined();
  parser.push('event: token\ndata: {"text":"a"}\nid: 1\n\nid: 2\n\n');
  expect(parser.lastEventId).toBe("2");
  parser.push("event: token\ndata: nonsense\nid: 3\n\nid: 4\n\n");
  expect(parser.lastEventId).toBe("1");
});
