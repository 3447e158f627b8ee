import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { expect, test } from "vitest";
import {
  toUiMessageChunks,
  uiMessageResponse,
  type UiMessageResponseOptions,
} from "../../src/interop/ai-sdk.ts";
import { agentEvent, type AgentStreamSource } from "../../src/index.ts";

const turn = [
  agentEvent.turn(1),
  agentEvent.thinking("Let me "),
  agentEvent.thinking("see."),
  agentEvent.token("It is "),
  agentEvent.toolUse("clock", "t1", '{"zone":"UTC"}'),
  agentEvent.progress("asking", 50, "half"),
  agentEvent.progress("asking", 100, "all"),
  agentEvent.toolResult("clock", "t1", { outputSummary: "noon" }),
  agentEvent.toolResult("map", "t2", { outputSummary: "lost", isError: true }),
  agentEvent.turn(2),
  agentEvent.creation("note", 1),
  { type: "mine", n: 1 },
  agentEvent.token("noon"),
  agentEvent.token("."),
  agentEvent.done({ model: "m" }),
];

async function chunksOf(stream: AsyncIterable<UIMessageChunk> | ReadableStream<UIMessageChunk>) {
  const chunks: UIMessageChunk[] = [];
  for await (const chunk of stream as AsyncIterable<UIMessageChunk>) chunks.push(chunk);
  return chunks;
}

/** Through the transport that useChat has, with its own validation. */
async function throughTransport(source: AgentStreamSource, options?: UiMessageResponseOptions) {
  const transport = new DefaultChatTransport({
    fetch: () =>
      Promise.resolve(uiMessageResponse(source, { onError: () => undefined, ...options })),
  });
  return transport.sendMessages({
    ...{ trigger: "submit-message", chatId: "c", messageId: undefined, messages: [] },
    abortSignal: undefined,
  });
}

async function messageOf(stream: ReadableStream<UIMessageChunk>) {
  const errors: unknown[] = [];
  let last: UIMessage | undefined;
  const messages = readUIMessageStream({ stream, onError: (error) => errors.push(error) });
  for await (const message of messages) last = message;
  return { message: last, errors };
}

test("the AI SDK's own reader builds the message from the chunks", async () => {
  const { message, errors } = await messageOf(
    await throughTransport(turn, {
      messageId: "m1",
      messageMetadata: ({ model }) => ({ model }),
    }),
  );
  expect(errors).toEqual([]);
  expect(message).toMatchObject({ id: "m1", role: "assistant", metadata: { model: "m" } });
  expect(message?.parts).toMatchObject([
    { type: "step-start" },
    { type: "reasoning", text: "Let me see.", state: "done" },
    { type: "text", text: "It is ", state: "done" },
    {
      ...{ type: "dynamic-tool", toolName: "clock", toolCallId: "t1", state: "output-available" },
      ...{ input: { zone: "UTC" }, output: "noon" },
    },
    { type: "data-progress", id: "progress", data: { percentage: 100, message: "all" } },
    { type: "dynamic-tool", toolName: "map", state: "output-error", errorText: "lost" },
    { type: "step-start" },
    {
      type: "data-creation",
      data: { creation_type: "note", count: 1, tool_use_id: "", items: [] },
    },
    { type: "data-mine", data: { n: 1 } },
    { type: "text", text: "noon.", state: "done" },
  ]);
});

test("uiMessageResponse sends the headers and the end that the AI SDK expects", async () => {
  const response = uiMessageResponse([agentEvent.token("a"), agentEvent.done()], {
    headers: { "x-mine": "1" },
  });
  expect(response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
  expect(response.headers.get("x-mine")).toBe("1");
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  expect(await response.text()).toMatch(/data: {"type":"finish"}\n\ndata: \[DONE\]\n\n$/);
});

test("toUiMessageChunks and uiMessageResponse give the same chunks", async () => {
  expect(await chunksOf(await throughTransport(turn))).toEqual(
    await chunksOf(toUiMessageChunks(turn)),
  );
});

test("an error event, an exception and an early end are all errors for the AI SDK's reader", async () => {
  const error = [agentEvent.token("a"), agentEvent.error("e", "It broke."), agentEvent.done()];
  expect(await messageOf(await throughTransport(error))).toMatchObject({
    errors: [new Error("It broke.")],
  });
  async function* throwing() {
    yield await Promise.resolve(agentEvent.token("a"));
    throw new Error("secret");
  }
  expect(await messageOf(await throughTransport(throwing()))).toMatchObject({
    errors: [new Error("The agent failed. The server's log has the reason.")],
  });
  expect(await messageOf(await throughTransport([agentEvent.token("a")]))).toMatchObject({
    errors: [new Error("The answer is incomplete: its stream ended early.")],
    message: { parts: [{ type: "step-start" }, { type: "text", text: "a" }] },
  });
});

test("uiMessageResponse accepts a writer function, and tool input that is not JSON", async () => {
  const { message } = await messageOf(
    await throughTransport(async (writer) => {
      await writer.toolUse("search", "t1", "the weather");
      await writer.toolUse("clock", "t2");
      await writer.done();
    }),
  );
  expect(message?.parts).toMatchObject([
    { type: "step-start" },
    { toolCallId: "t1", input: "the weather" },
    { toolCallId: "t2", input: {} },
  ]);
});

test("UI message chunks leave out events after done", async () => {
  const chunks = await chunksOf(toUiMessageChunks([agentEvent.done(), agentEvent.token("late")]));
  expect(chunks).toEqual([{ type: "start" }, { type: "finish" }]);
});
