import { expect, test } from "vitest";
import { agentEventsOf } from "../support/agent-events-of.ts";

const delta = (contentBlockIndex: number, fields: object) => ({
  type: "contentBlockDelta",
  contentBlockIndex,
  delta: fields,
});
const stop = (contentBlockIndex: number) => ({ type: "contentBlockStop", contentBlockIndex });
const end = { type: "messageStop", stopReason: "end_turn" };

test("reasoning is thinking, text is tokens; empty pieces, signatures and blobs are neither", async () => {
  const { events } = await agentEventsOf([
    { type: "messageStart", role: "assistant" },
    delta(0, { text: "" }),
    delta(1, { reasoningContent: { text: "hm" } }),
    delta(1, { reasoningContent: { signature: "c2ln" } }),
    delta(1, { reasoningContent: { redactedContent: new Uint8Array([1]) } }),
    stop(1),
    delta(2, { text: "Hi" }),
    stop(2),
    end,
  ]);
  expect(events).toEqual([
    { type: "thinking", text: "hm" },
    { type: "token", text: "Hi" },
  ]);
});

test("a tool call comes once, complete, when its block ends", async () => {
  const { others, done } = await agentEventsOf([
    {
      type: "contentBlockStart",
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: "t0", name: "weather" } },
    },
    {
      type: "contentBlockStart",
      contentBlockIndex: 1,
      start: { toolUse: { toolUseId: "t1", name: "time" } },
    },
    delta(0, { toolUse: { input: '{"city":' } }),
    delta(1, { toolUse: { input: "" } }),
    delta(0, { toolUse: { input: '"Oslo"}' } }),
    stop(1),
    stop(0),
    { type: "messageStop", stopReason: "tool_use" },
  ]);
  expect(others).toEqual([
    {
      type: "tool_use",
      tool_name: "time",
      tool_use_id: "t1",
      input_summary: "",
      status: "running",
    },
    {
      type: "tool_use",
      tool_name: "weather",
      tool_use_id: "t0",
      input_summary: '{"city":"Oslo"}',
      status: "running",
    },
  ]);
  expect(done).toMatchObject({ tool_count: 2, stop_reason: "tool_use" });
});

test("a tool call that never ended is not run: it does not come out", async () => {
  const events = [
    {
      type: "contentBlockStart",
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: "t0", name: "delete_all" } },
    },
    delta(0, { toolUse: { input: '{"ke' } }),
  ];
  const { others } = await agentEventsOf(events, { errors: "event" });
  expect(others).toMatchObject([{ type: "error", error_type: "INCOMPLETE_STREAM" }]);
});

test("a tool input without a start gets one", async () => {
  const { others } = await agentEventsOf([delta(3, { toolUse: { input: "{}" } }), stop(3), end]);
  expect(others).toMatchObject([{ type: "tool_use", tool_name: "", input_summary: "{}" }]);
});

test("a result of a server tool has its call's name, its text and its JSON", async () => {
  const start = (contentBlockIndex: number, fields: object) => ({
    type: "contentBlockStart",
    contentBlockIndex,
    start: fields,
  });
  const { others } = await agentEventsOf(
    [
      start(0, { toolUse: { toolUseId: "t0", name: "run", type: "server_tool_use" } }),
      stop(0),
      start(1, { toolResult: { toolUseId: "t0", status: "success" } }),
      delta(1, { toolResult: [{ text: "out: " }, { json: { code: 0 } }] }),
      stop(1),
      start(2, { toolResult: { toolUseId: "earlier", status: "error" } }),
      delta(2, { toolResult: [{ somethingNew: 1 }] }),
      stop(2),
      end,
    ],
    { toolNames: { earlier: "search" } },
  );
  expect(others.slice(1)).toEqual([
    {
      type: "tool_result",
      tool_name: "run",
      tool_use_id: "t0",
      output_summary: 'out: {"code":0}',
      duration_ms: 0,
      status: "done",
    },
    {
      type: "tool_result",
      tool_name: "search",
      tool_use_id: "earlier",
      output_summary: '{"somethingNew":1}',
      duration_ms: 0,
      status: "error",
    },
  ]);
});

test("an image is a creation, put together from its pieces", async () => {
  const { others } = await agentEventsOf([
    { type: "contentBlockStart", contentBlockIndex: 0, start: { image: { format: "png" } } },
    delta(0, { image: { source: { bytes: new Uint8Array([1, 2]) } } }),
    delta(0, { image: { source: { bytes: new Uint8Array([3]) } } }),
    stop(0),
    { type: "contentBlockStart", contentBlockIndex: 1, start: { image: { format: "jpeg" } } },
    delta(1, { image: { error: { message: "blocked" } } }),
    stop(1),
    end,
  ]);
  expect(others).toMatchObject([
    { type: "creation", creation_type: "image", items: [{ format: "png", bytes: "AQID" }] },
    { type: "creation", items: [{ format: "jpeg", error: { message: "blocked" } }] },
  ]);
});

test("citations, usage, traces and the stop reason travel in done", async () => {
  const citation = { title: "Doc", location: { documentPage: { start: 1, end: 2 } } };
  const usage = {
    inputTokens: 5,
    outputTokens: 6,
    totalTokens: 111,
    cacheReadInputTokens: 40,
    cacheWriteInputTokens: 60,
    serverToolUsage: { calls: 1 },
  };
  const trace = { guardrail: { modelOutput: ["x"] } };
  const { done } = await agentEventsOf(
    [
      delta(0, { text: "See " }),
      delta(0, { citation }),
      delta(0, { text: "there" }),
      {
        type: "messageStop",
        stopReason: "guardrail_intervened",
        additionalModelResponseFields: { k: 1 },
      },
      {
        type: "metadata",
        usage,
        metrics: { latencyMs: 77 },
        trace,
        serviceTier: { type: "flex" },
      },
    ],
    { model: "some.model" },
  );
  expect(done).toEqual({
    type: "done",
    message_id: "",
    num_turns: 1,
    tool_count: 0,
    duration_ms: 77,
    model: "some.model",
    total_cost_usd: 0,
    stop_reason: "guardrail_intervened",
    usage: {
      input_tokens: 5,
      output_tokens: 6,
      total_tokens: 111,
      cache_read_input_tokens: 40,
      cache_write_input_tokens: 60,
    },
    citations: [{ text_offset: 4, citation }],
    metadata: {
      additionalModelResponseFields: { k: 1 },
      usage,
      metrics: { latencyMs: 77 },
      trace,
      serviceTier: { type: "flex" },
    },
  });
});

test("Nova: each event under its name, each text delta with a block of its own", async () => {
  const { text, others, done } = await agentEventsOf([
    { messageStart: { role: "assistant" } },
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: "It" } } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { contentBlockDelta: { contentBlockIndex: 1, delta: { text: " is" } } },
    { contentBlockStop: { contentBlockIndex: 1 } },
    {
      contentBlockStart: {
        contentBlockIndex: 2,
        start: { toolUse: { toolUseId: "t", name: "weather" } },
      },
    },
    { contentBlockDelta: { contentBlockIndex: 2, delta: { toolUse: { input: "{}" } } } },
    { contentBlockStop: { contentBlockIndex: 2 } },
    { messageStop: { stopReason: "tool_use" } },
    {
      metadata: {
        usage: { inputTokens: 5, outputTokens: 10, cacheReadInputTokenCount: 2 },
        metrics: {},
        trace: {},
      },
      "amazon-bedrock-invocationMetrics": {
        inputTokenCount: 5,
        outputTokenCount: 10,
        invocationLatency: 167,
        firstByteLatency: 58,
      },
    },
  ]);
  expect(text).toBe("It is");
  expect(others).toMatchObject([{ tool_name: "weather", input_summary: "{}" }]);
  expect(done).toMatchObject({
    duration_ms: 167,
    stop_reason: "tool_use",
    usage: { input_tokens: 5, output_tokens: 10, total_tokens: 17, cache_read_input_tokens: 2 },
  });
});

test("a call whose input is no JSON is never a tool_use: `done` tells of it", async () => {
  const start = (index: number, toolUseId: string) => ({
    type: "contentBlockStart",
    contentBlockIndex: index,
    start: { toolUse: { toolUseId, name: "write" } },
  });
  const { others, done } = await agentEventsOf([
    start(0, "whole"),
    delta(0, { toolUse: { input: '{"path":"/tmp/a"}' } }),
    stop(0),
    start(1, "without input"),
    stop(1),
    start(2, "cut"),
    delta(2, { toolUse: { input: '{"path":"/tm' } }),
    stop(2),
    { type: "messageStop", stopReason: "max_tokens" },
  ]);
  expect(others).toMatchObject([
    { tool_use_id: "whole", input_summary: '{"path":"/tmp/a"}' },
    { tool_use_id: "without input", input_summary: "" },
  ]);
  expect(done).toMatchObject({
    tool_count: 2,
    stop_reason: "max_tokens",
    incomplete_tool_uses: [{ tool_use_id: "cut", tool_name: "write", input: '{"path":"/tm' }],
  });
});

test("blocks that were never closed come out of a complete response, and of no other", async () => {
  const open = [
    {
      type: "contentBlockStart",
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: "t", name: "n" } },
    },
    delta(0, { toolUse: { input: "{}" } }),
    {
      type: "contentBlockStart",
      contentBlockIndex: 1,
      start: { toolResult: { toolUseId: "t" } },
    },
    delta(1, { toolResult: [{ text: "ok" }] }),
  ];
  const { others } = await agentEventsOf([...open, end]);
  expect(others).toMatchObject([
    { type: "tool_use", tool_use_id: "t", input_summary: "{}" },
    { type: "tool_result", tool_name: "n", output_summary: "ok" },
  ]);
  await expect(agentEventsOf(open)).rejects.toMatchObject({ code: "INCOMPLETE_STREAM" });
});

test("fields named __proto__ are fields, and facts that are missing have their defaults", async () => {
  const named = JSON.parse('{"__proto__":{"polluted":true},"usage":{"inputTokens":1}}') as object;
  const nova = await agentEventsOf([
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: "Hi" } } },
    { messageStop: {} },
    { metadata: named },
    { "amazon-bedrock-invocationMetrics": { inputTokenCount: 1 } },
  ]);
  expect(Object.getPrototypeOf(nova.done.metadata)).toBe(Object.prototype);
  expect(nova.done.metadata).not.toHaveProperty("polluted");
  expect(nova.done).toMatchObject({ stop_reason: "", duration_ms: 0 });
});

test("a latency that is known stays known when Bedrock's own metrics have none", async () => {
  const { done } = await agentEventsOf([
    { contentBlockDelta: { contentBlockIndex: 0, delta: { text: "Hi" } } },
    { messageStop: { stopReason: "end_turn" } },
    { metadata: { usage: { inputTokens: 1, outputTokens: 1 }, metrics: { latencyMs: 5 } } },
    { "amazon-bedrock-invocationMetrics": { inputTokenCount: 1 } },
  ]);
  expect(done).toMatchObject({ duration_ms: 5 });
});
