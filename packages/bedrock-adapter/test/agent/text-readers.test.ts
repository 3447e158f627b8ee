import { expect, test } from "vitest";
import { agentEventsOf } from "../support/agent-events-of.ts";

const metrics = {
  "amazon-bedrock-invocationMetrics": {
    inputTokenCount: 7,
    outputTokenCount: 9,
    invocationLatency: 300,
    firstByteLatency: 100,
  },
};
const usage = { input_tokens: 7, output_tokens: 9, total_tokens: 16 };

test.each([
  [
    "Claude v2",
    [
      { completion: "Hi", stop_reason: null },
      {
        type: "completion",
        completion: "!",
        stop_reason: "stop_sequence",
        stop: "\n\nHuman:",
        ...metrics,
      },
    ],
    "stop_sequence",
  ],
  [
    "Titan",
    [
      { outputText: "Hi", index: 0, inputTextTokenCount: 7, totalOutputTextTokenCount: null },
      { outputText: "!", index: 0, totalOutputTextTokenCount: 9.0, completionReason: "FINISH" },
      metrics,
    ],
    "FINISH",
  ],
  [
    "Llama",
    [
      { generation: "Hi", prompt_token_count: 7, generation_token_count: 1, stop_reason: null },
      { generation: "", prompt_token_count: null, generation_token_count: 1, stop_reason: null },
      { generation: "!", generation_token_count: 9, stop_reason: "stop", ...metrics },
    ],
    "stop",
  ],
  [
    "Mistral",
    [
      { outputs: [{ text: "Hi", stop_reason: null }] },
      { outputs: [{ text: "!", stop_reason: "length" }], ...metrics },
    ],
    "length",
  ],
  [
    "Cohere command, in pieces",
    [
      { text: "Hi", is_finished: false, index: 0 },
      { text: "not this one", is_finished: true, index: 1, finish_reason: "ERROR" },
      { text: "!", is_finished: false, index: 0 },
      { is_finished: true, index: 0, finish_reason: "COMPLETE", ...metrics },
    ],
    "COMPLETE",
  ],
  [
    "Cohere command, at once",
    [
      {
        id: "c1",
        generations: [{ text: "Hi!", finish_reason: "MAX_TOKENS" }],
        prompt: "p",
        ...metrics,
      },
    ],
    "MAX_TOKENS",
  ],
])("%s", async (_, chunks, stopReason) => {
  const { text, done } = await agentEventsOf(chunks, { model: "m" });
  expect(text).toBe("Hi!");
  expect(done).toMatchObject({ model: "m", stop_reason: stopReason, usage, duration_ms: 300 });
});

test.each([
  ["as R1 sends it", ["Let me ", "see</thi", "nk>", "\n\nIt is 4"]],
  ["with the tag repeated", ["<thi", "nk>Let me see<", "/think>\n\nIt is 4"]],
])("DeepSeek R1's reasoning ends at </think>, %s", async (_, generations) => {
  const chunks = generations.map((generation, index) => ({
    generation,
    stop_reason: index === generations.length - 1 ? "stop" : null,
  }));
  const { text, thinking } = await agentEventsOf(chunks, { model: "us.deepseek.r1-v1:0" });
  expect(thinking).toBe("Let me see");
  expect(text).toBe("\n\nIt is 4");
});

test("the same chunks from a Llama are text, tag and all", async () => {
  const chunks = [{ generation: "a</think>b", stop_reason: "stop" }];
  expect((await agentEventsOf(chunks)).text).toBe("a</think>b");
});

test("metrics alone, before and after the chunks of a family, are read and no text", async () => {
  const { text, done } = await agentEventsOf([
    { "amazon-bedrock-guardrailAction": "NONE" },
    { generation: "Hi" },
    metrics,
  ]);
  expect(text).toBe("Hi");
  expect(done.usage).toEqual(usage);
  expect(done.metadata).toMatchObject({ "amazon-bedrock-guardrailAction": "NONE" });
});
