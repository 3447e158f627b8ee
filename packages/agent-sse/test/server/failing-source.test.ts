import { describe, expect, test } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  type AgentEventStore,
  MemoryEventStore,
  readAgentEvents,
  resumableResponse,
  type AgentStreamSource,
} from "../../src/index.ts";
import { agUiResponse } from "../../src/interop/ag-ui.ts";
import { uiMessageResponse } from "../../src/interop/ai-sdk.ts";

interface Options {
  onError: (error: unknown) => undefined;
  resumable?: boolean;
}

const responses: Record<string, (source: AgentStreamSource, options: Options) => Response> = {
  agentStreamResponse,
  uiMessageResponse,
  agUiResponse: (source, options) =>
    agUiResponse(source, { threadId: "t", runId: "r", ...options }),
};

const item = { event: agentEvent.token("Hello"), id: "7" };
const failure = new Error("the database at 10.0.0.7 is away");

const failingSources: Record<
  string,
  (event: typeof item | typeof item.event) => AgentStreamSource
> = {
  "an async generator": async function* (event) {
    yield await Promise.resolve(event);
    throw failure;
  },
  "a generator": function* (event) {
    yield event;
    throw failure;
  },
  "a writer function": (event) => async (writer) => {
    await writer.write(event);
    throw failure;
  },
  "an iterator that rejects": (event) => {
    const steps = [
      () => Promise.resolve({ value: event, done: false }),
      () => Promise.reject(failure),
    ];
    return { [Symbol.asyncIterator]: () => ({ next: () => steps.shift()?.() as never }) };
  },
};

const table = Object.entries(responses).flatMap(([name, respond]) =>
  Object.entries(failingSources).map(([kind, source]) => ({ name, kind, respond, source })),
);

/** The text of a body, and what ended it. */
async function readBody(response: Response) {
  let text = "";
  try {
    const decoder = new TextDecoder();
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(piece, { stream: true });
    }
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

describe.each(table)("$name, when $kind fails", ({ name, respond, source }) => {
  const run = async (event: typeof item | typeof item.event, resumable?: boolean) => {
    const reported: unknown[] = [];
    const onError = (error: unknown) => void reported.push(error);
    const options = resumable === undefined ? { onError } : { onError, resumable };
    return { ...(await readBody(respond(source(event), options))), reported };
  };

  test("cuts the response if events have ids, and says nothing of an end", async () => {
    const { text, error, reported } = await run(item);
    expect(text).toContain("Hello");
    expect(text).not.toMatch(/error|done|finish|RUN_ERROR|DONE/i);
    // An AI SDK or AG-UI reader takes the end of a body for the end of a message.
    expect(error === undefined).toBe(name === "agentStreamResponse");
    expect(String(error)).not.toContain("10.0.0.7");
    expect(reported).toEqual([failure]);
  });

  test("reports an error of the agent if events have no ids", async () => {
    const { text, error, reported } = await run(item.event);
    expect(text).toMatch(/The agent failed/);
    expect(text).not.toContain("10.0.0.7");
    expect(error).toBeUndefined();
    expect(reported).toEqual([failure]);
  });

  test("obeys `resumable`", async () => {
    expect((await run(item.event, true)).text).not.toMatch(/failed/);
    expect((await run(item, false)).text).toMatch(/The agent failed/);
  });
});

describe("resumableResponse", () => {
  const request = new Request("https://example.com/");

  test("cuts the response when the store fails before its first event", async () => {
    const store: AgentEventStore = new MemoryEventStore();
    store.readAfter = () =>
      Promise.resolve({
        isAtEnd: false,
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }),
      });
    const reported: unknown[] = [];
    const onError = (error: unknown) => void reported.push(error);
    const response = await resumableResponse(request, store, "s", { onError });
    await expect(readAgentEvents(response).next()).rejects.toMatchObject({
      code: "INCOMPLETE_STREAM",
      retryable: true,
    });
    expect(reported).toEqual([failure]);
  });

  test("cuts the response of a reader that is too slow for the store", async () => {
    const store = new MemoryEventStore({ maxEvents: 8 });
    await store.append("s", agentEvent.token("first"));
    const response = await resumableResponse(request, store, "s", { onError: () => undefined });
    const events = readAgentEvents(response);
    await events.next();
    for (let count = 0; count < 20; count++) await store.append("s", agentEvent.token("more"));
    await store.append("s", agentEvent.done());
    const rest = async () => {
      for await (const { event } of events) expect(event).toEqual(agentEvent.token("more"));
    };
    await expect(rest()).rejects.toMatchObject({ code: "INCOMPLETE_STREAM" });
  });
});

describe.each(["uiMessageResponse", "agUiResponse"])("%s", (name) => {
  test("ends with the turn, even if its source goes on, and stops the source", async () => {
    let stopped = false;
    async function* live() {
      try {
        yield await Promise.resolve(item);
        yield { event: agentEvent.done(), id: "8" };
        await new Promise(() => undefined);
      } finally {
        stopped = true;
      }
    }
    const response = (responses[name] as typeof agentStreamResponse)(live());
    expect((await readBody(response)).text).toMatch(/finish|RUN_FINISHED/);
    expect(stopped).toBe(true);
  });
});
