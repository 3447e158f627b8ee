import { BedrockClient } from "@freshet/bedrock-adapter";
import { createFakeBedrock, encodeConverseEvent } from "@freshet/bedrock-adapter/testing";
import { expect, test } from "vitest";
import { runAgentTurn } from "../../src/agent/agent-loop.ts";
import { historyOf } from "../../src/agent/history.ts";
import { riverLevel } from "../../src/agent/tools.ts";
import type { DemoEvent } from "../../src/protocol/events.ts";

/** Encodes the frames of a response that calls a tool with this input. */
function toolCall(input: string): Uint8Array {
  const start = { toolUse: { toolUseId: "a", name: "river_level" } };
  return Buffer.concat([
    encodeConverseEvent({ type: "messageStart", role: "assistant" }),
    encodeConverseEvent({
      type: "contentBlockDelta",
      contentBlockIndex: 0,
      delta: { text: "Let me look." },
    }),
    encodeConverseEvent({ type: "contentBlockStart", contentBlockIndex: 1, start }),
    encodeConverseEvent({
      type: "contentBlockDelta",
      contentBlockIndex: 1,
      delta: { toolUse: { input } },
    }),
    encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 1 }),
    encodeConverseEvent({ type: "messageStop", stopReason: "max_tokens" }),
  ]);
}

test.each(['{"station": "Dres', "Dresden"])(
  "a tool call with the broken input %s ends the turn with an error, and the conversation continues",
  async (input) => {
    const responses = [{ replay: toolCall(input) }, { parts: "Here I am." }];
    const requests: unknown[] = [];
    const fake = createFakeBedrock({
      response: ({ body }) => {
        requests.push(body);
        return responses[requests.length - 1] ?? { parts: "" };
      },
    });
    const client = new BedrockClient({
      endpoint: "http://bedrock.test",
      apiKey: "none",
      fetch: (url, init) => fake.fetch(new Request(url, init)),
    });
    const { signal } = new AbortController();
    const turn = async (prompt: string, before: readonly DemoEvent[]) => {
      const events: DemoEvent[] = [{ type: "prompt", turn_id: prompt, text: prompt }];
      const history = historyOf(before, prompt);
      const options = { client, modelId: "m", tools: [riverLevel], signal, history };
      for await (const event of runAgentTurn(prompt, { ...options, operation: "converse" })) {
        events.push(event);
      }
      return events;
    };

    const first = await turn("How high?", []);
    expect(first.slice(-2)).toMatchObject([
      { type: "error", error_type: "INVALID_PAYLOAD" },
      { type: "done", tool_count: 0 },
    ]);
    const error = first.find(({ type }) => type === "error");
    expect(error).toHaveProperty("message", expect.stringContaining("river_level"));
    expect(requests).toHaveLength(1);

    const second = await turn("Are you there?", first);
    expect(second.map(({ type }) => type)).toEqual(["prompt", "turn", "token", "done"]);
    expect(requests[1]).toMatchObject({
      messages: [
        { role: "user", content: [{ text: "How high?" }] },
        { role: "assistant", content: [{ text: "Let me look." }] },
        { role: "user", content: [{ text: "Are you there?" }] },
      ],
    });
  },
);
