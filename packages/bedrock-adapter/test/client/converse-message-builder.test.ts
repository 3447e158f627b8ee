import { expect, test } from "vitest";
import {
  BedrockClient,
  ConverseMessageBuilder,
  toAgentEvents,
  type ContentBlockDelta,
  type ContentBlockStart,
  type ConverseStreamEvent,
  type Message,
} from "../../src/index.ts";
import { createFakeBedrock } from "../../src/testing/index.ts";
import { drain } from "../support/slicings.ts";

const delta = (contentBlockIndex: number, fields: ContentBlockDelta): ConverseStreamEvent => ({
  type: "contentBlockDelta",
  contentBlockIndex,
  delta: fields,
});
const start = (contentBlockIndex: number, fields: ContentBlockStart): ConverseStreamEvent => ({
  type: "contentBlockStart",
  contentBlockIndex,
  start: fields,
});
const stop: ConverseStreamEvent = { type: "messageStop", stopReason: "end_turn" };

function messageOf(...events: ConverseStreamEvent[]): Message {
  const builder = new ConverseMessageBuilder();
  for (const event of events) builder.push(event);
  return builder.push(stop).message();
}

test("every kind of block, in the order of their indices", () => {
  const citation = { title: "Doc" };
  const message = messageOf(
    { type: "messageStart", role: "assistant" },
    delta(1, { text: "Hel" }),
    delta(0, { reasoningContent: { text: "h" } }),
    delta(0, { reasoningContent: { text: "m" } }),
    delta(0, { reasoningContent: { signature: "c2ln" } }),
    delta(1, { text: "lo" }),
    delta(2, { text: "" }),
    delta(3, { reasoningContent: { redactedContent: new Uint8Array([1]) } }),
    delta(3, { reasoningContent: { redactedContent: new Uint8Array([2]) } }),
    delta(4, { citation }),
    delta(4, { text: "quoted" }),
    start(5, { toolUse: { toolUseId: "t", name: "n", type: "server_tool_use" } }),
    delta(5, { toolUse: { input: '{"a":' } }),
    delta(5, { toolUse: { input: "1}" } }),
    start(6, { toolResult: { toolUseId: "t", status: "success" } }),
    delta(6, { toolResult: [{ text: "o" }, { text: "k" }, { json: { b: 2 } }] }),
    start(7, { image: { format: "png" } }),
    delta(7, { image: { source: { bytes: new Uint8Array([3]) } } }),
    delta(7, { image: { source: { bytes: new Uint8Array([4]) } } }),
    start(8, { toolUse: { toolUseId: "u", name: "without_input" } }),
  );
  expect(message).toEqual({
    role: "assistant",
    content: [
      { reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } },
      { text: "Hello" },
      { reasoningContent: { redactedContent: new Uint8Array([1, 2]) } },
      { citationsContent: { content: [{ text: "quoted" }], citations: [citation] } },
      { toolUse: { toolUseId: "t", name: "n", type: "server_tool_use", input: { a: 1 } } },
      {
        toolResult: {
          toolUseId: "t",
          status: "success",
          content: [{ text: "ok" }, { json: { b: 2 } }],
        },
      },
      { image: { format: "png", source: { bytes: new Uint8Array([3, 4]) } } },
      { toolUse: { toolUseId: "u", name: "without_input", input: {} } },
    ],
  });
});

test("a message that is not complete, and an input that is not JSON, are errors", () => {
  const cut = new ConverseMessageBuilder().push(delta(0, { text: "Hel" }));
  expect(() => cut.message()).toThrow(
    expect.objectContaining({ code: "INCOMPLETE_STREAM" }) as Error,
  );
  const events = [
    start(0, { toolUse: { toolUseId: "t", name: "n" } }),
    delta(0, { toolUse: { input: '{"a":' } }),
  ];
  expect(() => messageOf(...events)).toThrow(
    expect.objectContaining({ code: "INVALID_PAYLOAD" }) as Error,
  );
});

test("text of nothing but white space is left out, because Bedrock refuses it", () => {
  const message = messageOf(
    delta(0, { text: "\n\n" }),
    delta(1, { text: " a" }),
    start(2, { toolUse: { toolUseId: "t", name: "n" } }),
  );
  expect(message.content).toEqual([
    { text: " a" },
    { toolUse: { toolUseId: "t", name: "n", input: {} } },
  ]);
});

test("a tool call and its result, over two requests", async () => {
  const fake = createFakeBedrock({
    response: [
      { parts: [{ reasoning: "hm" }, { toolUse: { name: "weather", input: { city: "Oslo" } } }] },
      { parts: "It is 21 degrees." },
    ],
  });
  const client = new BedrockClient({ endpoint: "http://fake", apiKey: "k", fetch: fake.fetch });
  const messages: Message[] = [{ role: "user", content: [{ text: "Is it warm?" }] }];
  const builder = new ConverseMessageBuilder();
  const response = await client.converseStream({ modelId: "m", messages });
  const { values } = await drain(toAgentEvents(builder.watch(response)));
  expect(values.map(({ type }) => type)).toEqual(["thinking", "tool_use", "done"]);
  const message = builder.message();
  expect(message.content).toEqual([
    { reasoningContent: { reasoningText: { text: "hm", signature: "c2lnbmF0dXJl" } } },
    { toolUse: { toolUseId: "tooluse_1", name: "weather", input: { city: "Oslo" } } },
  ]);
  messages.push(message, {
    role: "user",
    content: [{ toolResult: { toolUseId: "tooluse_1", content: [{ json: { degrees: 21 } }] } }],
  });
  await drain(await client.converseStream({ modelId: "m", messages }));
  expect(fake.requests[1]?.body).toEqual({ messages });
});
