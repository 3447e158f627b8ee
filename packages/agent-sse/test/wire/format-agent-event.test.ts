import { expect, test } from "vitest";
import {
  AgentStreamEmitter,
  agentEvent,
  agentStreamResponse,
  formatAgentEvent,
} from "../../src/index.ts";

const samples: [string, object][] = [
  ['token {"text":"Hi"}', agentEvent.token("Hi")],
  ['token {"text":"a \\"quote\\"\\n"}', agentEvent.token('a "quote"\n')],
  ['thinking {"text":""}', agentEvent.thinking("")],
  [
    'tool_use {"tool_name":"search","tool_use_id":"t1","input_summary":"","status":"running"}',
    agentEvent.toolUse("search", "t1"),
  ],
  [
    'tool_result {"tool_name":"search","tool_use_id":"t1","output_summary":"","duration_ms":0,"status":"done"}',
    agentEvent.toolResult("search", "t1"),
  ],
  [
    'tool_result {"tool_name":"s","tool_use_id":"t","output_summary":"no","duration_ms":7,"status":"error"}',
    agentEvent.toolResult("s", "t", { outputSummary: "no", durationMs: 7, isError: true }),
  ],
  ['turn {"turn_number":2,"total_tools":0}', agentEvent.turn(2)],
  ['progress {"step":"s","percentage":50,"message":"m"}', agentEvent.progress("s", 50, "m")],
  [
    'progress {"step":"s","percentage":50,"message":"m","sub_progress":{}}',
    agentEvent.progress("s", 50, "m", {}),
  ],
  [
    'creation {"creation_type":"doc","count":1,"tool_use_id":"","items":[]}',
    agentEvent.creation("doc", 1),
  ],
  ['error {"error_type":"e","message":"m","details":{}}', agentEvent.error("e", "m")],
  [
    'done {"message_id":"","num_turns":0,"tool_count":0,"duration_ms":0,"model":"","total_cost_usd":0}',
    agentEvent.done(),
  ],
  [
    'tool_input {"tool_use_id":"t1","tool_name":"search","delta":"{\\"q"}',
    agentEvent.toolInput("search", "t1", '{"q'),
  ],
  ['message {"message_id":"m","role":"assistant"}', agentEvent.message("m")],
  [
    'message {"message_id":"m","role":"user","parent_id":"p","replaces":"r","text":"Hi"}',
    agentEvent.message("m", { role: "user", parentId: "p", replaces: "r", text: "Hi" }),
  ],
  ['source {"source_id":"1","url":"","title":""}', agentEvent.source("1")],
  [
    'source {"source_id":"1","url":"u","title":"t","excerpt":"e"}',
    agentEvent.source("1", { url: "u", title: "t", excerpt: "e" }),
  ],
  [
    'file {"file_id":"","media_type":"image/png","name":"","url":"data:,"}',
    agentEvent.file("image/png", "data:,"),
  ],
  ['state {"snapshot":{"a":1}}', agentEvent.state({ snapshot: { a: 1 } })],
  [
    'state {"patch":[{"op":"remove","path":"/a"}]}',
    agentEvent.state({ patch: [{ op: "remove", path: "/a" }] }),
  ],
  [
    'approval_request {"approval_id":"a","tool_use_id":"","question":"May I?"}',
    agentEvent.approvalRequest("a", "May I?"),
  ],
  [
    'approval_request {"approval_id":"a","tool_use_id":"t","question":"How many?","schema":{"type":"number"}}',
    agentEvent.approvalRequest("a", "How many?", { toolUseId: "t", schema: { type: "number" } }),
  ],
  ['approval {"approval_id":"a","approved":false,"by":""}', agentEvent.approval("a", false)],
  [
    'approval {"approval_id":"a","approved":true,"value":3,"by":"Eve"}',
    agentEvent.approval("a", true, { value: 3, by: "Eve" }),
  ],
  ['stopped {"by":"","reason":""}', agentEvent.stopped()],
  [
    'done {"message_id":"","num_turns":0,"tool_count":0,"duration_ms":0,"model":"","total_cost_usd":0,"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}',
    agentEvent.done({ usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } }),
  ],
  [
    'token {"text":"Hi","part":"p","transient":true}',
    { ...agentEvent.token("Hi"), part: "p", transient: true },
  ],
  ['order.placed {"order":1}', { type: "order.placed", order: 1 }],
  ['order.placed {"order":1}', { order: 1, type: "order.placed" }],
  ["ping {}", { type: "ping" }],
  ['token {"text":"Hi","lang":"en"}', { type: "token", text: "Hi", lang: "en" }],
  ['we"ird {"text":1}', { type: 'we"ird', text: 1 }],
];

test.each(samples)("formatAgentEvent writes %s", (expected, event) => {
  const [name, ...data] = expected.split(" ");
  expect(formatAgentEvent(event as { type: string })).toBe(
    `event: ${name ?? ""}\ndata: ${data.join(" ")}\n\n`,
  );
});

test("a frame has the id after the data, then the retry", () => {
  expect(formatAgentEvent(agentEvent.token("Hi"), { id: "0_1,2", retryMs: 500 })).toBe(
    'event: token\ndata: {"text":"Hi"}\nid: 0_1,2\nretry: 500\n\n',
  );
});

test("AgentStreamEmitter writes the same frames as formatAgentEvent", () => {
  const emitter = new AgentStreamEmitter();
  expect(emitter.token("a")).toBe(formatAgentEvent(agentEvent.token("a")));
  expect(emitter.thinking("a")).toBe(formatAgentEvent(agentEvent.thinking("a")));
  expect(emitter.toolUse("a", "b", "c")).toBe(formatAgentEvent(agentEvent.toolUse("a", "b", "c")));
  const result = { outputSummary: "x", durationMs: 1, isError: true };
  expect(emitter.toolResult("a", "b", result)).toBe(
    formatAgentEvent(agentEvent.toolResult("a", "b", result)),
  );
  expect(emitter.turn(1, 2)).toBe(formatAgentEvent(agentEvent.turn(1, 2)));
  expect(emitter.progress("a", 1, "b", { c: 1 })).toBe(
    formatAgentEvent(agentEvent.progress("a", 1, "b", { c: 1 })),
  );
  expect(emitter.creation("a", 1, { items: [1] })).toBe(
    formatAgentEvent(agentEvent.creation("a", 1, { items: [1] })),
  );
  expect(emitter.error("a", "b", { c: 1 })).toBe(
    formatAgentEvent(agentEvent.error("a", "b", { c: 1 })),
  );
  expect(emitter.event({ type: "x", n: 1 }, { id: "7" })).toBe(
    formatAgentEvent({ type: "x", n: 1 }, { id: "7" }),
  );
  expect(emitter.done({ model: "m" })).toBe(formatAgentEvent(agentEvent.done({ model: "m" })));
});

test("a bigint is written in full, in both formats", () => {
  const event = { type: "count", n: 123456789012345678901234567890n, list: [1n] };
  expect(formatAgentEvent(event)).toBe(
    'event: count\ndata: {"n":123456789012345678901234567890,"list":[1]}\n\n',
  );
  expect(formatAgentEvent(event, { format: "python" })).toBe(
    'event: count\ndata: {"n": 123456789012345678901234567890, "list": [1]}\n\n',
  );
});

test("both formats leave out what JSON.stringify leaves out, and use toJSON", () => {
  const event = {
    ...{ type: "x", none: undefined, fn: () => 1, nothing: null, list: [undefined, () => 1, null] },
    date: new Date(0),
    map: new Map([[1, 2]]),
  };
  const json =
    '{"nothing":null,"list":[null,null,null],"date":"1970-01-01T00:00:00.000Z","map":{}}';
  expect(formatAgentEvent(event)).toBe(`event: x\ndata: ${json}\n\n`);
  expect(formatAgentEvent({ ...event, n: 1n })).toBe(
    `event: x\ndata: ${json.slice(0, -1)},"n":1}\n\n`,
  );
  const python = json.replaceAll(",", ", ").replaceAll('":', '": ');
  expect(formatAgentEvent(event, { format: "python" })).toBe(`event: x\ndata: ${python}\n\n`);
});

test.each(["json", "python"] as const)(
  "the %s format refuses NaN, Infinity and circular values",
  (format) => {
    const circle: Record<string, unknown> = { type: "x" };
    circle["self"] = circle;
    const bad = [
      agentEvent.turn(Number.NaN),
      agentEvent.creation("c", 1, { items: [{ deep: Number.POSITIVE_INFINITY }] }),
      agentEvent.done({ totalCostUsd: Number.NaN }),
      circle as { type: string },
    ];
    for (const event of bad) {
      expect(() => formatAgentEvent(event, { format })).toThrow(
        expect.objectContaining({ code: "INVALID_VALUE" }),
      );
    }
  },
);

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

test("a value too deep for the engine's own JSON is refused without a stack overflow", () => {
  const event = agentEvent.creation("too deep", 1, { items: [nested(100_000)] });
  const code = (format: "json" | "python") => {
    try {
      formatAgentEvent(event, { format });
      return "written";
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  expect(code("python")).toBe("INVALID_VALUE");
  // Newer engines write it.
  expect(["written", "INVALID_VALUE"]).toContain(code("json"));
});

test("the data is the same wherever the type stands, and for events with toJSON", () => {
  const frame = 'event: turn\ndata: {"turn_number":1,"total_tools":0}\n\n';
  const { type, ...fields } = agentEvent.turn(1);
  expect(formatAgentEvent({ type, ...fields })).toBe(frame);
  expect(formatAgentEvent({ ...fields, type })).toBe(frame);
  class Turn {
    readonly type = "turn";
    readonly turn_number = 1;
    readonly total_tools = 0;
    toJSON(): unknown {
      return { type: this.type, secret: true };
    }
  }
  expect(formatAgentEvent(new Turn())).toBe(frame);
  expect(formatAgentEvent({ type: "token" })).toBe("event: token\ndata: {}\n\n");
});

test('the text "null" is not taken for a null', () => {
  expect(formatAgentEvent(agentEvent.error("null", "null"))).toContain(
    '{"error_type":"null","message":"null","details":{}}',
  );
});

const unsafe = [
  "\r",
  "\n",
  "\0",
  "\u2028",
  "\u2029",
  "\u0085",
  "\ufeff",
  "\ud800",
  "\udc00x",
  "\u007f",
];

test.each(unsafe)("an id or an event type with %j is refused", (text) => {
  const event = agentEvent.token("Hi");
  for (const id of [text, `a${text}`, `${text}a`]) {
    expect(() => formatAgentEvent(event, { id })).toThrow(
      expect.objectContaining({ code: "INVALID_ID" }),
    );
    expect(() => formatAgentEvent({ type: id })).toThrow(
      expect.objectContaining({ code: "INVALID_EVENT_NAME" }),
    );
  }
});

test.each([" a", "a ", "\ta"])("the id %j, which a header would trim, is refused", (id) => {
  expect(() => formatAgentEvent(agentEvent.token("Hi"), { id })).toThrow(
    expect.objectContaining({ code: "INVALID_ID" }),
  );
});

test("an event type that is missing, empty or not text is refused", () => {
  for (const type of ["", undefined, 7]) {
    expect(() => formatAgentEvent({ type } as { type: string })).toThrow(
      expect.objectContaining({ code: "INVALID_EVENT_NAME" }),
    );
  }
});

test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  "a retryMs of %d is refused",
  (retryMs) => {
    expect(() => formatAgentEvent(agentEvent.token("Hi"), { retryMs })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  },
);

test("AgentStreamEmitter has a method for each event, and AgentStreamWriter too", async () => {
  const options: Record<string, unknown[]> = {
    ...{ toolInput: ["search", "t1", "{"], message: ["m"], source: ["s"] },
    ...{ file: ["image/png", "data:,"], state: [{ snapshot: 1 }], stopped: ["Eve"] },
    ...{ approvalRequest: ["a", "May I?"], approval: ["a", true] },
    ...{ token: ["a"], thinking: ["a"], toolUse: ["a", "b"], toolResult: ["a", "b"], turn: [1] },
    ...{ progress: ["a", 1, "b"], creation: ["a", 1], error: ["a", "b"], done: [] },
  };
  expect(Object.keys(options).sort()).toEqual(Object.keys(agentEvent).sort());
  type Methods = Record<string, (...values: unknown[]) => unknown>;
  const builders = agentEvent as unknown as Methods;
  const emitter = new AgentStreamEmitter() as unknown as Methods;
  for (const [name, values] of Object.entries(options)) {
    const frame = formatAgentEvent(builders[name]?.(...values) as { type: string });
    expect(emitter[name]?.(...values)).toBe(frame);
    const response = agentStreamResponse(async (writer) => {
      await (writer as unknown as Methods)[name]?.(...values);
    });
    expect(await response.text()).toBe(`:\n\n${frame}`);
  }
});
