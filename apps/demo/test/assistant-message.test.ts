import type { ContentBlockDelta, ConverseStreamEvent } from "@freshet/bedrock-adapter";
import { expect, test } from "vitest";
import { AssistantMessage } from "../src/agent/assistant-message.ts";

async function* answer(): AsyncGenerator<ConverseStreamEvent> {
  await Promise.resolve();
  const delta = (contentBlockIndex: number, piece: ContentBlockDelta) =>
    ({ type: "contentBlockDelta", contentBlockIndex, delta: piece }) as const;
  const stop = (contentBlockIndex: number) =>
    ({ type: "contentBlockStop", contentBlockIndex }) as const;
  yield { type: "messageStart", role: "assistant" };
  yield delta(0, { reasoningContent: { text: "Let me " } });
  yield delta(0, { reasoningContent: { text: "see." } });
  yield delta(0, { reasoningContent: { signature: "c2ln" } });
  yield stop(0);
  yield delta(1, { text: "One " });
  yield delta(1, { text: "moment." });
  yield stop(1);
  const toolUse = { toolUseId: "t1", name: "river_level" };
  yield { type: "contentBlockStart", contentBlockIndex: 2, start: { toolUse } };
  yield delta(2, { toolUse: { input: '{"stat' } });
  yield delta(2, { toolUse: { input: 'ion":"Dresden"}' } });
  yield stop(2);
  yield { type: "messageStop", stopReason: "tool_use" };
}

test("the pieces become the message that the next request shows the model", async () => {
  const message = new AssistantMessage();
  const passed: ConverseStreamEvent[] = [];
  for await (const event of message.collect(answer())) passed.push(event);
  expect(passed).toHaveLength(13);
  const call = { toolUseId: "t1", name: "river_level", input: { station: "Dresden" } };
  expect(message.toolCalls).toEqual([call]);
  expect(message.toMessage()).toEqual({
    role: "assistant",
    content: [
      { reasoningContent: { reasoningText: { text: "Let me see.", signature: "c2ln" } } },
      { text: "One moment." },
      { toolUse: call },
    ],
  });
});
