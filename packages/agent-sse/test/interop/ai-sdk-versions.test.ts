import * as ai5 from "ai";
import * as ai6 from "ai-6";
import * as ai7 from "ai-7";
import { describe, expect, test, vi } from "vitest";
import { MemoryEventStore, agentEvent, type AgentStreamSource } from "../../src/index.ts";
import { uiMessageResponse } from "../../src/interop/ai-sdk.ts";

/** What is used of each version: their types differ in details that no chunk of ours has. */
type Ai = Pick<typeof ai5, "AbstractChat" | "DefaultChatTransport" | "readUIMessageStream">;
type Message = ai5.UIMessage;

const versions: Record<string, Ai> = {
  "ai 5": ai5,
  "ai 6": ai6 as unknown as Ai,
  "ai 7": ai7 as unknown as Ai,
};

const turn = [
  agentEvent.message("m1"),
  agentEvent.turn(1),
  agentEvent.thinking("Let me see."),
  agentEvent.toolInput("clock", "t1", '{"zone":'),
  agentEvent.toolInput("clock", "t1", '"UTC"}'),
  agentEvent.toolUse("clock", "t1", '{"zone":"UTC"}'),
  agentEvent.toolResult("clock", "t1", { outputSummary: "noon" }),
  agentEvent.toolResult("map", "t2", { outputSummary: "lost", isError: true }),
  agentEvent.turn(2),
  { ...agentEvent.token("It "), part: "a" },
  { ...agentEvent.token("Meanwhile"), part: "b" },
  { ...agentEvent.token("is noon."), part: "a" },
  agentEvent.source("s1", { url: "https://example.com", title: "Time" }),
  agentEvent.source("s2", { title: "A book" }),
  agentEvent.file("image/png", "data:image/png;base64,AA=="),
  agentEvent.state({ snapshot: { n: 1 } }),
  agentEvent.state({ patch: [{ op: "replace", path: "/n", value: 2 }] }),
  agentEvent.approvalRequest("a1", "May I?"),
  { type: "data-weather", id: "w", data: { sun: true } },
  { type: "source-url", sourceId: "s3", url: "https://example.com/3" },
  { ...agentEvent.progress("s", 50, "half"), transient: true as const },
  agentEvent.done({ model: "m" }),
];

const parts = [
  { type: "step-start" },
  { type: "reasoning", text: "Let me see.", state: "done" },
  {
    ...{ type: "dynamic-tool", toolName: "clock", toolCallId: "t1", state: "output-available" },
    ...{ input: { zone: "UTC" }, output: "noon" },
  },
  { type: "dynamic-tool", toolName: "map", state: "output-error", errorText: "lost" },
  { type: "step-start" },
  { type: "text", text: "It is noon.", state: "done" },
  { type: "text", text: "Meanwhile", state: "done" },
  { type: "source-url", sourceId: "s1", url: "https://example.com", title: "Time" },
  { type: "source-document", sourceId: "s2", title: "A book" },
  { type: "file", mediaType: "image/png", url: "data:image/png;base64,AA==" },
  { type: "data-state", id: "state", data: { snapshot: { n: 2 } } },
  { type: "data-approval_request", data: { approval_id: "a1", question: "May I?" } },
  { type: "data-weather", id: "w", data: { sun: true } },
  { type: "source-url", sourceId: "s3", url: "https://example.com/3" },
];

/** A chat server over a store, as the README has it. */
function chatServer() {
  const store = new MemoryEventStore();
  const requests: string[] = [];
  let messages = 0;
  const fetch = async (_: unknown, init?: RequestInit) => {
    const method = init?.method ?? "GET";
    requests.push(method);
    if (method === "POST") await store.append("chat", agentEvent.message(`m${++messages}`));
    return uiMessageResponse(await store.current("chat"), { onError: () => undefined });
  };
  return { store, requests, fetch };
}

describe.each(Object.entries(versions))("%s", (_, { AbstractChat, ...ai }) => {
  const { DefaultChatTransport, readUIMessageStream } = ai;

  class Chat extends AbstractChat<Message> {
    constructor(fetch: unknown) {
      const state = {
        status: "ready" as const,
        error: undefined,
        messages: [] as Message[],
        pushMessage: (message: Message) => void state.messages.push(message),
        popMessage: () => void state.messages.pop(),
        replaceMessage: (index: number, message: Message) => {
          state.messages[index] = message;
        },
        snapshot: <T>(value: T) => structuredClone(value),
      };
      const transport = new DefaultChatTransport({
        api: "https://example.com/chat",
        fetch: fetch as typeof globalThis.fetch,
      });
      super({ id: "c1", transport, state });
    }
  }

  const textOf = (message: Message | undefined) =>
    message?.parts.map((part) => (part.type === "text" ? part.text : "")).join("");

  async function read(source: AgentStreamSource) {
    const transport = new DefaultChatTransport({
      fetch: () => Promise.resolve(uiMessageResponse(source, { onError: () => undefined })),
    });
    const stream = await transport.sendMessages({
      ...{ trigger: "submit-message", chatId: "c", messageId: undefined, messages: [] },
      abortSignal: undefined,
    });
    const errors: unknown[] = [];
    let last: Message | undefined;
    const onError = (error: unknown) => errors.push(error);
    for await (const message of readUIMessageStream({ stream, onError })) last = message;
    return { message: last, errors };
  }

  test("reads a turn with every kind of event", async () => {
    const { message, errors } = await read(turn);
    expect(errors).toEqual([]);
    expect(message).toMatchObject({ id: "m1", role: "assistant" });
    expect(message?.parts).toMatchObject(parts);
  });

  test("shows one turn after the other, each with its own text and id", async () => {
    const { store, fetch } = chatServer();
    const chat = new Chat(fetch);
    for (const [index, text] of ["first", "second"].entries()) {
      const sending = chat.sendMessage({ text: "Hi" });
      await vi.waitFor(() => expect(chat.messages).toHaveLength(2 * index + 2));
      await store.append("chat", agentEvent.token(text), agentEvent.done());
      await sending;
      expect(chat.status).toBe("ready");
      expect(textOf(chat.messages.at(-1))).toBe(text);
    }
    expect(chat.messages.map(({ role }) => role)).toEqual([
      ...["user", "assistant", "user", "assistant"],
    ]);
    expect([chat.messages[1]?.id, chat.messages[3]?.id]).toEqual(["m1", "m2"]);
  });

  test("resumes a running turn, and does not wait where none is running", async () => {
    const { store, requests, fetch } = chatServer();
    const idle = new Chat(fetch);
    await idle.resumeStream();
    expect(idle).toMatchObject({ status: "ready", messages: [] });
    await store.append("chat", agentEvent.message("m1"), agentEvent.token("Hel"));
    const chat = new Chat(fetch);
    const resuming = chat.resumeStream();
    await vi.waitFor(() => expect(textOf(chat.messages[0])).toBe("Hel"));
    await store.append("chat", agentEvent.token("lo"), agentEvent.done());
    await resuming;
    expect(chat).toMatchObject({ status: "ready", messages: [{ id: "m1" }] });
    expect(textOf(chat.messages[0])).toBe("Hello");
    expect(requests).toEqual(["GET", "GET"]);
  });

  test("takes a cut for an error, never for a complete message", async () => {
    async function* broken() {
      yield await Promise.resolve({ event: agentEvent.token("Hel"), id: "1" });
      throw new Error("the store is away");
    }
    const onError = () => undefined;
    const chat = new Chat(() => Promise.resolve(uiMessageResponse(broken(), { onError })));
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await chat.sendMessage({ text: "Hi" });
    log.mockRestore();
    expect(chat.status).toBe("error");
  });
});
