import type { AgentEvent } from "@freshet/core";
import { describe, expect, test } from "vitest";
import {
  agentEvent,
  emptyTranscript,
  reduceAgentEvents,
  type AgentTranscript,
} from "../../src/index.ts";

const fold = (events: readonly AgentEvent[], from: AgentTranscript = emptyTranscript) =>
  events.reduce(reduceAgentEvents, from);

test("reduceAgentEvents makes the transcript of a whole turn", () => {
  const events = [
    agentEvent.turn(1),
    agentEvent.thinking("Let me "),
    agentEvent.thinking("see."),
    agentEvent.token("It is "),
    agentEvent.toolUse("clock", "t1", "{}"),
    agentEvent.toolUse("map", "t2"),
    agentEvent.progress("reading", 50, "half"),
    agentEvent.toolResult("clock", "t1", { outputSummary: "noon", durationMs: 12 }),
    agentEvent.toolResult("map", "t2", { outputSummary: "lost", isError: true }),
    agentEvent.creation("note", 1),
    agentEvent.token("noon."),
    agentEvent.done({ model: "m" }),
  ];
  const clock = {
    ...{ id: "t1", name: "clock", status: "done", inputSummary: "{}" },
    ...{ outputSummary: "noon", durationMs: 12 },
  };
  const map = {
    ...{ id: "t2", name: "map", status: "error", inputSummary: "" },
    ...{ outputSummary: "lost", durationMs: 0 },
  };
  expect(events.reduce(reduceAgentEvents, emptyTranscript)).toEqual({
    parts: [
      { type: "thinking", text: "Let me see." },
      { type: "text", text: "It is " },
      { type: "tool", tool: clock },
      { type: "tool", tool: map },
      { type: "creation", creation: agentEvent.creation("note", 1) },
      { type: "text", text: "noon." },
    ],
    text: "It is noon.",
    thinking: "Let me see.",
    tools: [clock, map],
    creations: [agentEvent.creation("note", 1)],
    sources: [],
    files: [],
    turn: agentEvent.turn(1),
    progress: agentEvent.progress("reading", 50, "half"),
    state: undefined,
    stopped: undefined,
    error: undefined,
    done: agentEvent.done({ model: "m" }),
  });
});

test("reduceAgentEvents never changes a state, only replaces it", () => {
  const before = reduceAgentEvents(emptyTranscript, agentEvent.toolUse("a", "1"));
  const copy = structuredClone(before);
  const after = reduceAgentEvents(before, agentEvent.toolResult("a", "1"));
  expect(before).toEqual(copy);
  expect(after.tools[0]).toMatchObject({ status: "done" });
  expect(after.parts[0]).toEqual({ type: "tool", tool: after.tools[0] });
  expect(emptyTranscript.tools).toEqual([]);
});

test("reduceAgentEvents continues a stored state and ends a running call in it", () => {
  const running = [agentEvent.toolUse("a", "1"), agentEvent.toolUse("b", "2")];
  const state = running.reduce(reduceAgentEvents, emptyTranscript);
  const stored = JSON.parse(JSON.stringify(state)) as typeof state;
  const result = agentEvent.toolResult("a", "1", { outputSummary: "x" });
  const { parts, tools } = reduceAgentEvents(stored, result);
  expect(tools).toMatchObject([{ status: "done", outputSummary: "x" }, { status: "running" }]);
  expect(parts).toEqual(tools.map((tool) => ({ type: "tool", tool })));
});

test("the second tool_use of an id updates the first one, where it stands", () => {
  const again = [
    ...[agentEvent.toolUse("a", "1"), agentEvent.token("-"), agentEvent.toolUse("b", "1", "{}")],
  ];
  const state = again.reduce(reduceAgentEvents, emptyTranscript);
  expect(state.tools).toMatchObject([{ name: "b", status: "running", inputSummary: "{}" }]);
  const { parts, tools } = reduceAgentEvents(state, agentEvent.toolResult("b", "1"));
  expect(tools).toMatchObject([{ status: "done" }]);
  expect(parts).toEqual([
    { type: "tool", tool: tools[0] },
    { type: "text", text: "-" },
  ]);
});

test("a result without its call becomes a call of its own", () => {
  const { tools, parts } = reduceAgentEvents(emptyTranscript, agentEvent.toolResult("a", "1"));
  const tool = {
    ...{ id: "1", name: "a", status: "done", inputSummary: "" },
    ...{ outputSummary: "", durationMs: 0 },
  };
  expect(tools).toEqual([tool]);
  expect(parts).toEqual([{ type: "tool", tool }]);
});

test("reduceAgentEvents keeps an error and everything before it", () => {
  const events = [agentEvent.token("a"), agentEvent.error("e", "m"), agentEvent.done()];
  expect(events.reduce(reduceAgentEvents, emptyTranscript)).toMatchObject({
    ...{ text: "a", error: { error_type: "e" }, done: { type: "done" } },
  });
});

test("a turn after done starts a new transcript", () => {
  const events = [
    ...[agentEvent.token("a"), agentEvent.done(), agentEvent.turn(1), agentEvent.token("b")],
  ];
  expect(events.reduce(reduceAgentEvents, emptyTranscript)).toEqual({
    ...emptyTranscript,
    turn: agentEvent.turn(1),
    parts: [{ type: "text", text: "b" }],
    text: "b",
  });
});

test.each([
  agentEvent.token("b"),
  agentEvent.thinking("b"),
  agentEvent.toolUse("b", "2"),
  agentEvent.toolResult("b", "2"),
  agentEvent.progress("b", 1, "b"),
  agentEvent.creation("b", 1),
  agentEvent.error("b", "b"),
  agentEvent.done(),
])("a $type after done loses nothing of the transcript before it", (event) => {
  const events = [agentEvent.token("a"), agentEvent.toolResult("t", "1"), agentEvent.done()];
  const { text, parts, tools } = [...events, event].reduce(reduceAgentEvents, emptyTranscript);
  expect(text).toMatch(/^a/);
  expect(tools[0]).toMatchObject({ id: "1", status: "done" });
  expect(parts.slice(0, 2)).toMatchObject([{ text: "a" }, { type: "tool" }]);
});

test("an event of unknown type changes nothing", () => {
  const state = reduceAgentEvents(emptyTranscript, agentEvent.token("a"));
  expect(reduceAgentEvents(state, { type: "order.placed" } as never)).toBe(state);
});

test.each([agentEvent.done(), agentEvent.error("e", "m")])(
  "a tool that still runs at $type ends as unknown, and a late result still counts",
  (end) => {
    const events = [agentEvent.toolUse("a", "1"), agentEvent.toolUse("b", "2")];
    const state = fold([...events, agentEvent.toolResult("b", "2"), end]);
    expect(state.tools.map(({ status }) => status)).toEqual(["unknown", "done"]);
    const late = fold([agentEvent.toolResult("a", "1", { outputSummary: "x" })], state);
    expect(late.tools[0]).toMatchObject({ status: "done", outputSummary: "x" });
  },
);

test.each(["token", "thinking"])("a %s without text adds nothing", (type) => {
  const state = fold([{ type } as AgentEvent, { type, text: null } as never]);
  expect(state).toMatchObject({ text: "", thinking: "", parts: [] });
});

test("other people's events of the type message change nothing", () => {
  const state = fold([agentEvent.token("a")]);
  expect(reduceAgentEvents(state, { type: "message", data: "[DONE]" } as never)).toBe(state);
});

test("every state of a fold shows what it showed when it was made", () => {
  const events = [
    ...[agentEvent.token("a"), agentEvent.toolUse("t", "1"), agentEvent.token("b")],
    ...[agentEvent.toolResult("t", "1"), agentEvent.token("c"), agentEvent.done()],
  ];
  const states: AgentTranscript[] = [];
  const copies: unknown[] = [];
  let state = emptyTranscript;
  for (const event of events) {
    state = reduceAgentEvents(state, event);
    states.push(state);
    copies.push(JSON.parse(JSON.stringify(fold(events.slice(0, states.length)))));
  }
  expect(JSON.parse(JSON.stringify(states))).toEqual(copies);
});

test("two folds that continue the same state do not see each other", () => {
  const start = fold([agentEvent.token("a"), agentEvent.toolUse("t", "1")]);
  const one = fold([agentEvent.token("b"), agentEvent.toolResult("t", "1")], start);
  const two = fold([agentEvent.token("c")], start);
  expect(one).toMatchObject({ text: "ab", tools: [{ status: "done" }] });
  expect(two).toMatchObject({ text: "ac", tools: [{ status: "running" }] });
  expect(start).toMatchObject({ text: "a", parts: [{ text: "a" }, { type: "tool" }] });
});

test("a list stays the same one while none of its parts changes", () => {
  const state = fold([agentEvent.toolUse("t", "1"), agentEvent.creation("note", 1)]);
  const { tools, creations } = state;
  const later = reduceAgentEvents(state, agentEvent.token("a"));
  expect(later.tools).toBe(tools);
  expect(later.creations).toBe(creations);
  expect(reduceAgentEvents(later, agentEvent.toolResult("t", "1")).tools).not.toBe(tools);
});

describe("a fold takes linear time", () => {
  const kinds: Record<string, (index: number) => AgentEvent[]> = {
    tools: (index) => [agentEvent.toolUse("t", `${index}`), agentEvent.toolResult("t", `${index}`)],
    tokens: () => [agentEvent.token("x"), agentEvent.token("y")],
    creations: () => [agentEvent.creation("note", 1), agentEvent.token("x")],
    "tools that never end": (index) => [agentEvent.toolUse("t", `${index}`)],
  };

  test.each(Object.entries(kinds))("of %s", (_, eventsOf) => {
    // In quadratic time these take minutes, and so longer than a test may; linear, less than a second.
    const events = Array.from({ length: 60_000 }, (__, index) => eventsOf(index)).flat();
    const { parts } = fold([...events, agentEvent.done()]);
    expect(parts.length).toBeGreaterThan(0);
  });
});

describe("the transcript of", () => {
  test("a tool whose input is being written has the value so far", () => {
    const pieces = ['{"city":"Ly', 'on","days":', "3}"];
    const states = pieces.map((_, index) =>
      fold(pieces.slice(0, index + 1).map((piece) => agentEvent.toolInput("map", "1", piece))),
    );
    expect(states.map(({ tools }) => tools[0]?.input)).toEqual([
      { city: "Ly" },
      { city: "Lyon" },
      { city: "Lyon", days: 3 },
    ]);
    expect(states[0]?.tools).toMatchObject([{ name: "map", status: "preparing" }]);
    const called = fold([agentEvent.toolUse("map", "1", pieces.join(""))], states[2]);
    expect(called.tools).toMatchObject([
      { status: "running", input: { city: "Lyon", days: 3 }, inputSummary: pieces.join("") },
    ]);
  });

  test("an approval has its request and then the decision", () => {
    const request = agentEvent.approvalRequest("a", "Delete it?", { toolUseId: "1" });
    const asked = fold([request]);
    expect(asked.parts).toEqual([{ type: "approval", request, approval: undefined }]);
    const approval = agentEvent.approval("a", true, { by: "Eve" });
    expect(fold([approval], asked).parts).toEqual([{ type: "approval", request, approval }]);
    expect(fold([agentEvent.approval("other", true)]).parts).toEqual([]);
  });

  test("sources and files has them in their order among the text", () => {
    const source = agentEvent.source("1", { url: "https://example.com" });
    const file = agentEvent.file("image/png", "data:image/png;base64,AA==");
    const state = fold([agentEvent.token("a"), source, file, agentEvent.token("b")]);
    expect(state).toMatchObject({ sources: [source], files: [file] });
    expect(state.parts).toEqual([
      { type: "text", text: "a" },
      { type: "source", source },
      { type: "file", file },
      { type: "text", text: "b" },
    ]);
  });

  test("a state is the snapshot with its patches, and one that does not fit changes nothing", () => {
    const snapshot = agentEvent.state({ snapshot: { todo: ["a"], n: 1 } });
    const patch = agentEvent.state({
      patch: [
        { op: "add", path: "/todo/-", value: "b" },
        { op: "move", from: "/n", path: "/count" },
      ],
    });
    const first = fold([snapshot]);
    const second = fold([patch], first);
    expect(second.state).toEqual({ todo: ["a", "b"], count: 1 });
    expect(first.state).toEqual({ todo: ["a"], n: 1 });
    const wrong = agentEvent.state({
      patch: [
        { op: "remove", path: "/count" },
        { op: "remove", path: "/nowhere" },
      ],
    });
    expect(fold([wrong], second).state).toEqual({ todo: ["a", "b"], count: 1 });
    const whole = agentEvent.state({ patch: [{ op: "replace", path: "", value: 7 }] });
    expect(fold([whole], second).state).toBe(7);
  });

  test("a turn that was stopped says by whom", () => {
    const state = fold([
      agentEvent.toolUse("a", "1"),
      agentEvent.stopped("Eve"),
      agentEvent.done(),
    ]);
    expect(state).toMatchObject({ stopped: { by: "Eve" }, tools: [{ status: "unknown" }] });
  });

  test("parts that grow at the same time has the text of each in one piece", () => {
    const of = (part: string, text: string) => ({ ...agentEvent.token(text), part });
    const state = fold([
      ...[agentEvent.token("main "), of("x", "a"), of("y", "b")],
      ...[of("x", "c"), agentEvent.token("text"), of("y", "d")],
    ]);
    expect(state.parts).toEqual([
      { type: "text", text: "main text" },
      { type: "text", text: "ac", part: "x" },
      { type: "text", text: "bd", part: "y" },
    ]);
  });

  test("an attempt that was replaced has nothing of it left", () => {
    const lost = { part: "attempt-1" };
    const state = fold([
      agentEvent.token("before "),
      { ...agentEvent.message("m1"), ...lost },
      { ...agentEvent.token("lost"), ...lost },
      { ...agentEvent.toolUse("a", "1"), ...lost },
      { ...agentEvent.message("m2", { replaces: "attempt-1" }), part: "attempt-2" },
      { ...agentEvent.token("kept"), part: "attempt-2" },
      agentEvent.done(),
    ]);
    expect(state).toMatchObject({ text: "before kept", tools: [] });
    expect(state.parts.map(({ type, part }) => [type, part])).toEqual([
      ["text", undefined],
      ["message", "attempt-2"],
      ["text", "attempt-2"],
    ]);
  });

  test("several messages has them apart", () => {
    const question = agentEvent.message("1", { role: "user", text: "Hi" });
    const answer = agentEvent.message("2", { parentId: "1" });
    const state = fold([question, answer, agentEvent.token("Hello")]);
    expect(state.parts).toEqual([
      { type: "message", message: question },
      { type: "message", message: answer },
      { type: "text", text: "Hello" },
    ]);
    expect(state.text).toBe("Hello");
  });
});
