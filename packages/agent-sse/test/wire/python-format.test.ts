import { expect, test } from "vitest";
import fc from "fast-check";
import {
  AgentEventParser,
  AgentStreamEmitter,
  agentEvent,
  formatAgentEvent,
} from "../../src/index.ts";
import { anyEvent, throughJson } from "../support/arbitrary-events.ts";

const done = (totalCostUsd: number) => agentEvent.done({ totalCostUsd });
const doneData = (cost: string) =>
  `{"message_id": "", "num_turns": 0, "tool_count": 0, "duration_ms": 0, "model": "", "total_cost_usd": ${cost}}`;

// Written by Python 3's json.dumps.
const recorded: [string, { type: string }][] = [
  ['{"text": "Hi"}', agentEvent.token("Hi")],
  [
    String.raw`{"text": "\u00e4 \u20ac \ud83d\ude00 \u007f \u2028 \ufeff"}`,
    agentEvent.token("ä € 😀 \u007f \u2028 \ufeff"),
  ],
  [String.raw`{"text": "\u0000\u001f\b\t\n\f\r\"\\/"}`, agentEvent.token('\0\u001f\b\t\n\f\r"\\/')],
  [String.raw`{"text": "\ud800 \udfff"}`, agentEvent.token("\ud800 \udfff")],
  ["{}", { type: "ping" }],
  ['{"n": 1}', { type: "constructor", ...{ n: 1 } }],
  [
    String.raw`{"\u00e4": [1, 1.5, -0.25, 1e-05, 0.0001, 1.5e-07, 1e+21, 1e+300, 123456789012], "b": {"c": [], "d": {}, "e": [[]]}, "f": [true, false, null]}`,
    {
      ...{ type: "x", ä: [1, 1.5, -0.25, 1e-5, 1e-4, 1.5e-7, 1e21, 1e300, 123456789012] },
      ...{ b: { c: [], d: {}, e: [[]] }, f: [true, false, null] },
    },
  ],
  [doneData("0.0"), done(0)],
  [doneData("1.0"), done(1)],
  [doneData("0.25"), done(0.25)],
  [doneData("1e-05"), done(0.00001)],
  [doneData("0.0001"), done(0.0001)],
  [doneData("1.2345e-07"), done(1.2345e-7)],
  [doneData("1000000000000000.0"), done(1e15)],
  [doneData("1e+16"), done(1e16)],
  [doneData("1.7976931348623157e+308"), done(Number.MAX_VALUE)],
  [doneData("5e-324"), done(Number.MIN_VALUE)],
];

test.each(recorded)("the Python package writes %s", (data, event) => {
  expect(formatAgentEvent(event, { format: "python" })).toBe(
    `event: ${event.type}\ndata: ${data}\n\n`,
  );
});

test("the parser reads a recorded stream of the Python package", () => {
  const recordedAnswer = String.raw`event: turn
data: {"turn_number": 1, "total_tools": 1}

event: thinking
data: {"text": "caf\u00e9?"}

event: tool_use
data: {"tool_name": "search", "tool_use_id": "t1", "input_summary": "{\"q\": \"caf\u00e9\"}", "status": "running"}

event: tool_result
data: {"tool_name": "search", "tool_use_id": "t1", "output_summary": "3 hits", "duration_ms": 12, "status": "done"}

event: token
data: {"text": "Three \ud83d\ude00\n"}

event: done
data: {"message_id": "m1", "num_turns": 1, "tool_count": 1, "duration_ms": 40, "model": "m", "total_cost_usd": 1e-05}

`;
  const events = [
    agentEvent.turn(1, 1),
    agentEvent.thinking("café?"),
    agentEvent.toolUse("search", "t1", '{"q": "café"}'),
    agentEvent.toolResult("search", "t1", { outputSummary: "3 hits", durationMs: 12 }),
    agentEvent.token("Three 😀\n"),
    agentEvent.done({
      ...{ messageId: "m1", numTurns: 1, toolCount: 1, durationMs: 40, model: "m" },
      totalCostUsd: 0.00001,
    }),
  ];
  const parser = new AgentEventParser().push(recordedAnswer);
  expect(parser.readBatch().map(({ event }) => event)).toEqual(events);
  parser.end();
  const written = events.map((event) => formatAgentEvent(event, { format: "python" })).join("");
  expect(written).toBe(recordedAnswer);
});

test("AgentStreamEmitter writes the Python format", () => {
  const emitter = new AgentStreamEmitter({ format: "python" });
  expect(emitter.progress("s", 1, "ü")).toBe(
    String.raw`event: progress${"\n"}data: {"step": "s", "percentage": 1, "message": "\u00fc"}${"\n\n"}`,
  );
});

test("both formats carry the same data, for any event", () => {
  const data = (frame: string): unknown => JSON.parse(frame.slice(frame.indexOf("data:") + 5));
  fc.assert(
    fc.property(anyEvent, (event) => {
      const python = formatAgentEvent(event, { format: "python" });
      expect(data(python)).toEqual(data(formatAgentEvent(event)));
      expect({ type: event.type, ...(data(python) as object) }).toEqual(throughJson(event));
      expect(python).toMatch(/^[\n -~]*$/);
    }),
  );
});
