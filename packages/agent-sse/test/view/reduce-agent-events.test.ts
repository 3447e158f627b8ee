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
    const timeOf = (count: number) => {
      const events = Array.from({ length: count }, (__, index) => eventsOf(index)).flat();
      const begin = performance.now();
      const { parts } = fold([...events, agentEvent.done()]);
      expect(parts.length).toBeGreaterThan(0);
      return (performance.now() - begin) / count;
    };
    timeOf(2000);
    const few = timeOf(2000);
    // Quadratic time would be ten times as much for each.
    expect(timeOf(20_000)).toBeLessThan(few * 5);
  });
});
