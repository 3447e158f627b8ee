import { expect, test } from "vitest";
import { agentEvent, emptyTranscript, reduceAgentEvents } from "../../src/index.ts";

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
    turn: agentEvent.turn(1),
    progress: agentEvent.progress("reading", 50, "half"),
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

test("a result ends the last of two calls with the same id", () => {
  const again = [agentEvent.toolUse("a", "1"), agentEvent.token("-"), agentEvent.toolUse("a", "1")];
  const state = again.reduce(reduceAgentEvents, emptyTranscript);
  const { parts, tools } = reduceAgentEvents(state, agentEvent.toolResult("a", "1"));
  const [first, last] = tools;
  expect(tools).toMatchObject([{ status: "running" }, { status: "done" }]);
  expect(parts).toEqual([
    { type: "tool", tool: first },
    { type: "text", text: "-" },
    { type: "tool", tool: last },
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

test("a result belongs to the newer call if a tool id is used twice", () => {
  const events = [agentEvent.toolUse("a", "1"), agentEvent.toolUse("b", "1")];
  const { tools } = [...events, agentEvent.toolResult("b", "1")].reduce(
    reduceAgentEvents,
    emptyTranscript,
  );
  expect(tools.map(({ status }) => status)).toEqual(["running", "done"]);
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
