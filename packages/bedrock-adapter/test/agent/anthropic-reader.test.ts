import { expect, test } from "vitest";
import { drain } from "../support/slicings.ts";
import { toAgentEvents } from "../../src/index.ts";
import { agentEventsOf } from "../support/agent-events-of.ts";

const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    role: "assistant",
    model: "claude-x",
    usage: { input_tokens: 14, output_tokens: 1, cache_read_input_tokens: 3 },
  },
};
const blockStart = (index: number, content_block: object) => ({
  type: "content_block_start",
  index,
  content_block,
});
const delta = (index: number, fields: object) => ({
  type: "content_block_delta",
  index,
  delta: fields,
});
const blockStop = (index: number) => ({ type: "content_block_stop", index });
const end = [
  {
    type: "message_delta",
    delta: { stop_reason: "tool_use", stop_sequence: null },
    usage: { output_tokens: 33 },
  },
  {
    type: "message_stop",
    "amazon-bedrock-invocationMetrics": {
      inputTokenCount: 99,
      outputTokenCount: 98,
      invocationLatency: 438,
      firstByteLatency: 281,
    },
  },
];

test("thinking, text and a tool call; the family's own counts win over Bedrock's", async () => {
  const { events, done } = await agentEventsOf([
    start,
    { type: "ping" },
    blockStart(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "hm" }),
    delta(0, { type: "signature_delta", signature: "c2ln" }),
    blockStop(0),
    blockStart(1, { type: "redacted_thinking", data: "AA==" }),
    blockStop(1),
    blockStart(2, { type: "text", text: "" }),
    delta(2, { type: "text_delta", text: "Hi" }),
    delta(2, { type: "a_delta_of_next_year", text: "no" }),
    blockStop(2),
    blockStart(3, { type: "tool_use", id: "toolu_1", name: "weather", input: {} }),
    delta(3, { type: "input_json_delta", partial_json: "" }),
    delta(3, { type: "input_json_delta", partial_json: '{"city":' }),
    delta(3, { type: "input_json_delta", partial_json: '"Oslo"}' }),
    blockStop(3),
    ...end,
  ]);
  expect(events).toEqual([
    { type: "thinking", text: "hm" },
    { type: "token", text: "Hi" },
    {
      type: "tool_use",
      tool_name: "weather",
      tool_use_id: "toolu_1",
      input_summary: '{"city":"Oslo"}',
      status: "running",
    },
  ]);
  expect(done).toMatchObject({
    message_id: "msg_1",
    model: "claude-x",
    tool_count: 1,
    duration_ms: 438,
    stop_reason: "tool_use",
    usage: {
      input_tokens: 14,
      output_tokens: 33,
      total_tokens: 50,
      cache_read_input_tokens: 3,
    },
    metadata: { usage: { input_tokens: 14, output_tokens: 33, cache_read_input_tokens: 3 } },
  });
});

test("server tools: the call, its result, an input that is there from the start, a failure", async () => {
  const { others } = await agentEventsOf([
    start,
    blockStart(0, { type: "server_tool_use", id: "s1", name: "web_search", input: { q: "x" } }),
    blockStop(0),
    blockStart(1, {
      type: "web_search_tool_result",
      tool_use_id: "s1",
      content: [{ type: "web_search_result", url: "https://example.com" }],
    }),
    blockStop(1),
    blockStart(2, {
      type: "web_search_tool_result",
      tool_use_id: "s1",
      content: { type: "web_search_tool_result_error", error_code: "unavailable" },
    }),
    blockStop(2),
    ...end,
  ]);
  expect(others).toMatchObject([
    { type: "tool_use", tool_name: "web_search", input_summary: '{"q":"x"}' },
    { type: "tool_result", tool_name: "web_search", tool_use_id: "s1", status: "done" },
    { type: "tool_result", status: "error" },
  ]);
});

test("citations keep their place; a guardrail's words travel in done", async () => {
  const citation = { type: "char_location", cited_text: "x" };
  const { done } = await agentEventsOf([
    start,
    delta(0, { type: "text_delta", text: "abc" }),
    delta(0, { type: "citations_delta", citation }),
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: "STOP" } },
    {
      type: "message_stop",
      "amazon-bedrock-guardrailAction": "INTERVENED",
      "amazon-bedrock-trace": { guardrail: { input: {} } },
    },
  ]);
  expect(done.citations).toEqual([{ text_offset: 3, citation }]);
  expect(done.metadata).toMatchObject({
    stop_sequence: "STOP",
    "amazon-bedrock-guardrailAction": "INTERVENED",
    "amazon-bedrock-trace": { guardrail: { input: {} } },
  });
});

test.each([
  ["overloaded_error", "SERVICE_UNAVAILABLE", true],
  ["rate_limit_error", "THROTTLED", true],
  ["invalid_request_error", "VALIDATION", false],
  ["a_new_error", "STREAM_ERROR", false],
])("an %s chunk is a failure, not a chunk", async (type, code, retryable) => {
  const chunks = [
    start,
    delta(0, { type: "text_delta", text: "abc" }),
    { type: "error", error: { type, message: "sorry" } },
  ];
  const { values, error } = await drain(toAgentEvents(chunks));
  expect(values).toEqual([{ type: "token", text: "abc" }]);
  expect(error).toMatchObject({ code, retryable, exceptionType: type });
});

test("an error of a name that every object has is an error like any other", async () => {
  const chunk = { type: "error", error: { type: "constructor", message: "odd" } };
  await expect(agentEventsOf([chunk])).rejects.toMatchObject({ code: "STREAM_ERROR" });
});
