import { EventType, type AGUIEvent } from "@ag-ui/core";
import { EventSchemas } from "@ag-ui/core/schemas";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromAgUi, toAgUi } from "../../src/interop/ag-ui.ts";
import { fieldsOf } from "../../src/wire/event-fields.ts";
import { agentEvent } from "../../src/index.ts";
import { anyEvent, throughJson } from "../support/arbitrary-events.ts";

const ids = { threadId: "t", runId: "r" };

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("toAgUi turns a whole turn into an AG-UI run", async () => {
  const events = [
    agentEvent.turn(1, 1),
    agentEvent.thinking("hm"),
    agentEvent.token("Hel"),
    agentEvent.token("lo"),
    agentEvent.toolUse("clock", "c1", "{}"),
    agentEvent.toolResult("clock", "c1", { outputSummary: "noon", durationMs: 5 }),
    agentEvent.progress("s", 50, "m"),
    agentEvent.turn(2),
    agentEvent.token("!"),
    agentEvent.done({ model: "m" }),
  ];
  const turn = (turn_number: number, total_tools: number) => ({
    metadata: { freshet: { turn_number, total_tools } },
  });
  const implicit = { metadata: { freshet: { implicit: true } } };
  const done = fieldsOf(agentEvent.done({ model: "m" }));
  expect(await collect(toAgUi(events, ids))).toEqual([
    { type: "RUN_STARTED", ...ids },
    { type: "STEP_STARTED", stepName: "turn 1", ...turn(1, 1) },
    { type: "REASONING_START", messageId: "r-0" },
    { type: "REASONING_MESSAGE_START", messageId: "r-0", role: "reasoning" },
    { type: "REASONING_MESSAGE_CONTENT", messageId: "r-0", delta: "hm" },
    { type: "REASONING_MESSAGE_END", messageId: "r-0" },
    { type: "REASONING_END", messageId: "r-0" },
    { type: "TEXT_MESSAGE_START", messageId: "r-1", role: "assistant", ...implicit },
    { type: "TEXT_MESSAGE_CONTENT", messageId: "r-1", delta: "Hel" },
    { type: "TEXT_MESSAGE_CONTENT", messageId: "r-1", delta: "lo" },
    { type: "TEXT_MESSAGE_END", messageId: "r-1" },
    { type: "TOOL_CALL_START", toolCallId: "c1", toolCallName: "clock" },
    { type: "TOOL_CALL_ARGS", toolCallId: "c1", delta: "{}" },
    { type: "TOOL_CALL_END", toolCallId: "c1" },
    {
      ...{ type: "TOOL_CALL_RESULT", messageId: "r-2", toolCallId: "c1", content: "noon" },
      ...{
        role: "tool",
        metadata: { freshet: { tool_name: "clock", duration_ms: 5, status: "done" } },
      },
    },
    { type: "CUSTOM", name: "progress", value: { step: "s", percentage: 50, message: "m" } },
    { type: "STEP_FINISHED", stepName: "turn 1" },
    { type: "STEP_STARTED", stepName: "turn 2", ...turn(2, 0) },
    { type: "TEXT_MESSAGE_START", messageId: "r-3", role: "assistant", ...implicit },
    { type: "TEXT_MESSAGE_CONTENT", messageId: "r-3", delta: "!" },
    { type: "TEXT_MESSAGE_END", messageId: "r-3" },
    { type: "STEP_FINISHED", stepName: "turn 2" },
    { type: "RUN_FINISHED", ...ids, result: done, metadata: { freshet: { done } } },
  ]);
});

test("any run is valid by AG-UI's own schemas, and fromAgUi restores it", async () => {
  // An error is the last thing that a run says there, so it comes last here.
  const body = anyEvent.filter(({ type }) => type !== "error" && type !== "done");
  const error = anyEvent.filter(({ type }) => type === "error");
  const done = anyEvent.filter(({ type }) => type === "done");
  const run = fc.tuple(fc.array(body), fc.array(error, { maxLength: 1 }), done);
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 3 }), async (runs) => {
      const events = runs.flatMap(([before, errors, end]) => [...before, ...errors, end]);
      const agUi = await collect(toAgUi(events, ids));
      for (const event of agUi) expect(EventSchemas.safeParse(event).error).toBeUndefined();
      expect(throughJson(await collect(fromAgUi(agUi)))).toEqual(throughJson(events));
    }),
  );
});

test("toAgUi ends a run at an error and keeps the fields of its done", async () => {
  const events = [
    agentEvent.token("a"),
    agentEvent.error("e", "It broke.", { n: 1 }),
    agentEvent.done({ numTurns: 3 }),
  ];
  const agUi = await collect(toAgUi(events, ids));
  expect(agUi.at(-1)).toMatchObject({ type: "RUN_ERROR", message: "It broke.", code: "e" });
  expect(await collect(fromAgUi(agUi))).toEqual(events);
});

test("toAgUi ends an incomplete run with RUN_ERROR", async () => {
  const cut = await collect(toAgUi([agentEvent.turn(1), agentEvent.token("a")], ids));
  expect(cut.slice(-3)).toMatchObject([
    { type: "TEXT_MESSAGE_END" },
    { type: "STEP_FINISHED" },
    { type: "RUN_ERROR", code: "INCOMPLETE_STREAM" },
  ]);
  const failed = await collect(toAgUi([agentEvent.error("e", "It broke.")], ids));
  expect(failed.at(-1)).toMatchObject({ type: "RUN_ERROR", message: "It broke." });
  expect(await collect(toAgUi([], ids))).toEqual([]);
});

test("fromAgUi reads the events of another agent, including chunks", async () => {
  const activity: AGUIEvent = { type: EventType.RAW, event: { any: "thing" } };
  const events: AGUIEvent[] = [
    { type: EventType.RUN_STARTED, ...ids },
    { type: EventType.STEP_STARTED, stepName: "search" },
    { type: EventType.REASONING_MESSAGE_CHUNK, delta: "hm" },
    { type: EventType.TEXT_MESSAGE_CHUNK, messageId: "m", delta: "Hel" },
    { type: EventType.TEXT_MESSAGE_CHUNK, delta: "lo" },
    { type: EventType.TEXT_MESSAGE_CHUNK },
    { type: EventType.TOOL_CALL_CHUNK, toolCallId: "c1", toolCallName: "clock", delta: '{"a"' },
    { type: EventType.TOOL_CALL_CHUNK, delta: ":1}" },
    { type: EventType.TOOL_CALL_CHUNK, toolCallId: "c2", toolCallName: "map" },
    { type: EventType.TOOL_CALL_RESULT, messageId: "m2", toolCallId: "c1", content: "noon" },
    {
      ...{ type: EventType.TOOL_CALL_RESULT, messageId: "m3", toolCallId: "c2" },
      content: [{ type: "text", text: "here" }],
    },
    { type: EventType.CUSTOM, name: "mine", value: 7 },
    { type: EventType.STATE_SNAPSHOT, snapshot: { a: 1 } },
    activity,
    { type: EventType.STEP_FINISHED, stepName: "search" },
    { type: EventType.RUN_FINISHED, ...ids, result: "anything" },
  ];
  const ours = await collect(fromAgUi(events));
  expect(ours).toEqual([
    agentEvent.turn(1),
    agentEvent.thinking("hm"),
    agentEvent.message("m"),
    agentEvent.token("Hel"),
    agentEvent.token("lo"),
    agentEvent.toolUse("clock", "c1", '{"a":1}'),
    agentEvent.toolUse("map", "c2"),
    agentEvent.toolResult("clock", "c1", { outputSummary: "noon" }),
    agentEvent.toolResult("map", "c2", { outputSummary: "here" }),
    { type: "mine", value: 7 },
    agentEvent.state({ snapshot: { a: 1 } }),
    { type: "ag_ui", event: activity },
    { ...agentEvent.done(), result: "anything" },
  ]);
  const back = await collect(toAgUi(ours, ids));
  expect(back).toContainEqual({ type: "STATE_SNAPSHOT", snapshot: { a: 1 } });
  expect(back).toContainEqual(activity);
  expect(back.at(-1)).toMatchObject({ type: "RUN_FINISHED", result: "anything" });
});

test("fromAgUi keeps a tool call whose chunks come last", async () => {
  const chunk = { type: EventType.TOOL_CALL_CHUNK as const, toolCallId: "c", toolCallName: "t" };
  expect(await collect(fromAgUi([chunk]))).toEqual([agentEvent.toolUse("t", "c")]);
});

describe("fromAgUi and toAgUi keep", () => {
  const finished = { type: EventType.RUN_FINISHED as const, ...ids };

  test("the ids and roles of messages, which stay apart", async () => {
    const text = (messageId: string, role: "user" | "assistant", delta: string): AGUIEvent[] => [
      { type: EventType.TEXT_MESSAGE_START, messageId, role },
      { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta },
      { type: EventType.TEXT_MESSAGE_END, messageId },
    ];
    const events = [
      ...[text("1", "user", "Hi"), text("2", "assistant", "Hello"), text("3", "assistant", "!")],
    ].flat();
    const ours = await collect(fromAgUi([...events, finished]));
    expect(ours).toEqual([
      agentEvent.message("1", { role: "user", text: "Hi" }),
      agentEvent.message("2"),
      agentEvent.token("Hello"),
      agentEvent.message("3"),
      agentEvent.token("!"),
      agentEvent.done(),
    ]);
    expect(await collect(toAgUi(ours, ids))).toMatchObject([
      { type: "RUN_STARTED" },
      ...events,
      { type: "RUN_FINISHED" },
    ]);
  });

  test("the role of a message with other events in between", async () => {
    const ours = await collect(
      fromAgUi([
        { type: EventType.TEXT_MESSAGE_START, messageId: "1", role: "user" },
        { type: EventType.TEXT_MESSAGE_CONTENT, messageId: "1", delta: "H" },
        { type: EventType.CUSTOM, name: "mine", value: 7 },
        { type: EventType.TEXT_MESSAGE_CONTENT, messageId: "1", delta: "i" },
        { type: EventType.TEXT_MESSAGE_END, messageId: "1" },
      ]),
    );
    expect(ours).toEqual([
      { type: "mine", value: 7 },
      agentEvent.message("1", { role: "user", text: "Hi" }),
    ]);
  });

  test("the roles of messages that come in chunks", async () => {
    const chunk = (messageId: string, role: "user" | "assistant", delta: string): AGUIEvent => ({
      ...{ type: EventType.TEXT_MESSAGE_CHUNK, messageId, role, delta },
    });
    const events = [chunk("1", "user", "H"), chunk("1", "user", "i"), chunk("2", "assistant", "a")];
    expect(await collect(fromAgUi(events))).toEqual([
      agentEvent.message("1", { role: "user", text: "Hi" }),
      agentEvent.message("2"),
      agentEvent.token("a"),
    ]);
  });

  test("the interrupts that end a run, also of another agent", async () => {
    const interrupt = {
      ...{ id: "i", reason: "approval", message: "May I?", toolCallId: "c" },
      responseSchema: { type: "number" },
    };
    const outcome = { type: "interrupt" as const, interrupts: [interrupt] };
    const ours = await collect(fromAgUi([{ ...finished, outcome }]));
    expect(ours).toEqual([
      agentEvent.approvalRequest("i", "May I?", { toolUseId: "c", schema: { type: "number" } }),
      agentEvent.done(),
    ]);
    const back = await collect(toAgUi(ours, ids));
    expect(back.at(-1)).toMatchObject({ type: "RUN_FINISHED", outcome });
    expect(await collect(fromAgUi(back))).toEqual(ours);
    const decided = [...ours.slice(0, 1), agentEvent.approval("i", true), agentEvent.done()];
    expect((await collect(toAgUi(decided, ids))).at(-1)).not.toHaveProperty("outcome");
  });

  test("that a run was cancelled", async () => {
    const outcome = { type: "cancelled" as const };
    const ours = await collect(fromAgUi([{ ...finished, outcome }]));
    expect(ours).toEqual([agentEvent.stopped("", "cancelled"), agentEvent.done()]);
    const back = await collect(toAgUi(ours, ids));
    expect(back.at(-1)).toMatchObject({ type: "RUN_FINISHED", outcome });
    expect(await collect(fromAgUi(back))).toEqual(ours);
  });

  test("what the models of a run have used", async () => {
    const usage = [
      { inputTokens: 1, outputTokens: 2, totalTokens: 3, reasoningTokens: 1 },
      { inputTokens: 10, outputTokens: 20, totalTokens: 30 },
    ];
    const ours = await collect(fromAgUi([{ ...finished, usage }]));
    const sum = { input_tokens: 11, output_tokens: 22, total_tokens: 33, reasoning_tokens: 1 };
    expect(ours).toEqual([agentEvent.done({ usage: sum })]);
    expect((await collect(toAgUi(ours, ids))).at(-1)).toMatchObject({
      usage: [{ inputTokens: 11, outputTokens: 22, totalTokens: 33, reasoningTokens: 1 }],
    });
  });
});
