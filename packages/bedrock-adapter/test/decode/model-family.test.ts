import { expect, test } from "vitest";
import { detectFamily, type ModelFamily } from "../../src/index.ts";
import { isFinalChunk } from "../../src/decode/final-marker.ts";

test.each<[string, ModelFamily | undefined]>([
  ["anthropic.claude-3-haiku-20240307-v1:0", "anthropic"],
  ["us.anthropic.claude-sonnet-4-20250514-v1:0", "anthropic"],
  [
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-1-v1:0",
    "anthropic",
  ],
  ["anthropic.claude-v2:1", "claude-text"],
  ["anthropic.claude-instant-v1", "claude-text"],
  ["amazon.nova-micro-v1:0", "nova"],
  ["amazon.titan-text-express-v1", "titan"],
  ["meta.llama3-70b-instruct-v1:0", "llama"],
  ["us.deepseek.r1-v1:0", "deepseek"],
  ["mistral.mistral-7b-instruct-v0:2", "mistral"],
  ["cohere.command-text-v14", "cohere-command"],
  ["cohere.command-light-text-v14", "cohere-command"],
  ["cohere.command-r-plus-v1:0", "cohere-command-r"],
  ["ai21.jamba-1-5-large-v1:0", "jamba"],
  ["openai.gpt-oss-20b-1:0", "openai"],
  ["stability.sd3", undefined],
  ["", undefined],
])("the id %s", (id, family) => {
  expect(detectFamily(id)).toBe(family);
});

test.each<[ModelFamily | undefined, unknown, unknown]>([
  ["anthropic", { type: "content_block_stop", index: 0 }, { type: "message_stop" }],
  [
    "claude-text",
    { completion: "a", stop_reason: null, type: "completion" },
    { completion: "", stop_reason: "stop_sequence" },
  ],
  ["nova", { messageStart: { role: "assistant" } }, { messageStop: { stopReason: "end_turn" } }],
  [
    "titan",
    { outputText: "a", completionReason: null },
    { outputText: "", completionReason: "LENGTH" },
  ],
  ["llama", { generation: "a", stop_reason: null }, { generation: "", stop_reason: "length" }],
  [
    "mistral",
    { outputs: [{ text: "a", stop_reason: null }] },
    { outputs: [{ text: "", stop_reason: "stop" }] },
  ],
  ["cohere-command", { text: "a", is_finished: false }, { is_finished: true, finish_reason: "C" }],
  ["cohere-command", { text: "a", is_finished: false }, { generations: [{ text: "a" }] }],
  [
    "cohere-command-r",
    { event_type: "text-generation", is_finished: false, text: "a" },
    { event_type: "stream-end", is_finished: true },
  ],
  [
    "openai",
    { choices: [{ delta: { content: "a" }, finish_reason: null, stop_reason: 518 }] },
    { choices: [{ delta: {}, finish_reason: "stop" }] },
  ],
  [undefined, { something: "else" }, { "amazon-bedrock-invocationMetrics": {} }],
  [undefined, null, { something: 1, "amazon-bedrock-invocationMetrics": {} }],
  [undefined, "text", { "amazon-bedrock-invocationMetrics": { inputTokenCount: 1 } }],
])("the chunks of %s, and the one that ends its responses", (family, chunk, last) => {
  expect(detectFamily(chunk)).toBe(typeof chunk === "string" ? undefined : family);
  expect(isFinalChunk(chunk)).toBe(false);
  expect(detectFamily(last)).toBe(family);
  expect(isFinalChunk(last)).toBe(true);
});
