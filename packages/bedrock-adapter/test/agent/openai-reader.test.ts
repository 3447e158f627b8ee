import { expect, test } from "vitest";
import { agentEventsOf } from "../support/agent-events-of.ts";

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  model: "openai.gpt-oss-120b-1:0",
  choices: [{ index: 0, delta, finish_reason }],
});
const last = {
  choices: [],
  usage: { prompt_tokens: 151, completion_tokens: 148, total_tokens: 299 },
  "amazon-bedrock-invocationMetrics": {
    inputTokenCount: 151,
    outputTokenCount: 148,
    invocationLatency: 806,
    firstByteLatency: 349,
  },
};

test("gpt-oss: reasoning in tags, tool calls in pieces, usage at the end", async () => {
  const { thinking, text, others, done } = await agentEventsOf([
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "<reasoning>I need" }),
    chunk({ content: " the weather</reasoning>" }),
    chunk({ content: "<reasoning>. Yes.</reasoning>Let me" }),
    chunk({ content: " look." }),
    chunk({ tool_calls: [{ index: 0, id: "call_1", function: { name: "weather" } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] }),
    chunk({
      tool_calls: [{ index: 1, id: "call_2", function: { name: "time", arguments: "{}" } }],
    }),
    chunk({}, "tool_calls"),
    last,
  ]);
  expect(thinking).toBe("I need the weather. Yes.");
  expect(text).toBe("Let me look.");
  expect(others).toMatchObject([
    { tool_name: "weather", tool_use_id: "call_1", input_summary: '{"city":"Oslo"}' },
    { tool_name: "time", tool_use_id: "call_2", input_summary: "{}" },
  ]);
  expect(done).toMatchObject({
    message_id: "chatcmpl-1",
    model: "openai.gpt-oss-120b-1:0",
    tool_count: 2,
    duration_ms: 806,
    stop_reason: "tool_calls",
    usage: { input_tokens: 151, output_tokens: 148, total_tokens: 299 },
  });
});

test("reasoning in a field of its own, as others that speak the format have it", async () => {
  const { thinking, text } = await agentEventsOf([
    chunk({ reasoning_content: "hm", content: null }),
    chunk({ reasoning: "m" }),
    chunk({ content: "Hi" }, "stop"),
  ]);
  expect([thinking, text]).toEqual(["hmm", "Hi"]);
});

test("Jamba: tags are only text, the last chunk holds metrics only", async () => {
  const metrics = last["amazon-bedrock-invocationMetrics"];
  const { text, done } = await agentEventsOf(
    [
      { id: "j", choices: [{ index: 0, delta: { role: "assistant", content: "" } }] },
      { choices: [{ index: 0, delta: { content: "<reasoning>" } }] },
      {
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "stop", stop_reason: 518 }],
        usage: { prompt_tokens: 17, completion_tokens: 8, total_tokens: 25 },
      },
      { "amazon-bedrock-invocationMetrics": metrics },
    ],
    { model: "ai21.jamba-1-5-mini-v1:0" },
  );
  expect(text).toBe("<reasoning>");
  expect(done).toMatchObject({ stop_reason: "stop", usage: { total_tokens: 25 } });
});

test("the newer Mistral models: `message` and `stop_reason`", async () => {
  const { text, done } = await agentEventsOf([
    { choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, stop_reason: null }] },
    { choices: [{ index: 0, message: { role: "assistant", content: "!" }, stop_reason: "stop" }] },
  ]);
  expect(text).toBe("Hi!");
  expect(done.stop_reason).toBe("stop");
});

test("of several choices only the first is the response", async () => {
  const { text } = await agentEventsOf([
    { choices: [{ index: 1, delta: { content: "no" } }] },
    {
      choices: [
        { index: 1, delta: { content: "no" } },
        { index: 0, delta: { content: "yes" }, finish_reason: "stop" },
      ],
    },
  ]);
  expect(text).toBe("yes");
});

test("a tool call without a finish_reason comes out if Bedrock says that the response is complete", async () => {
  const call = { index: 0, id: "c", function: { name: "n", arguments: "{}" } };
  const { others } = await agentEventsOf([
    { choices: [{ index: 0, delta: { tool_calls: [call] } }] },
    { choices: [], "amazon-bedrock-invocationMetrics": { invocationLatency: 5 } },
  ]);
  expect(others).toMatchObject([{ type: "tool_use", tool_use_id: "c", input_summary: "{}" }]);
});
