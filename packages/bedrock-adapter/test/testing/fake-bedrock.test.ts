import type { AgentEvent } from "@freshet/core";
import { expect, test, vi } from "vitest";
import { BedrockClient, type AnthropicChunk } from "../../src/index.ts";
import {
  createFakeBedrock,
  detectCapture,
  encodeConverseEvent,
  encodeException,
  encodeInvokeChunk,
  type FakeBedrock,
} from "../../src/testing/index.ts";
import { concat, drain } from "../support/slicings.ts";

const url = "http://fake/model/some.model/converse-stream";

function clientOf(fake: FakeBedrock): BedrockClient {
  return new BedrockClient({
    endpoint: "http://fake",
    apiKey: "key",
    fetch: fake.fetch,
    retry: false,
  });
}

async function ask(fake: FakeBedrock, text = "Hi"): Promise<AgentEvent[]> {
  const response = await clientOf(fake).converseStream({
    modelId: "some.model",
    messages: [{ role: "user", content: [{ text }] }],
  });
  return (await drain(response.toAgentEvents())).values;
}

function textOf(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === "token" ? event.text : "")).join("");
}

test("a script: reasoning, text, a tool call", async () => {
  const parts = [
    { reasoning: "I need the weather." },
    { text: "Let me look.\n" },
    { toolUse: { name: "weather", input: { city: "Oslo" }, toolUseId: "t1" } },
  ];
  const events = await ask(createFakeBedrock({ response: { parts } }));
  const thinking = events.map((event) => (event.type === "thinking" ? event.text : "")).join("");
  expect(thinking).toBe("I need the weather.");
  expect(textOf(events)).toBe("Let me look.\n");
  expect(events.at(-2)).toMatchObject({
    type: "tool_use",
    tool_use_id: "t1",
    input_summary: '{"city":"Oslo"}',
  });
  expect(events.at(-1)).toMatchObject({ type: "done", stop_reason: "tool_use", tool_count: 1 });
});

test("the same script through InvokeModel is Claude's chunks and the same agent events", async () => {
  const parts = [{ reasoning: "hm" }, { text: "Hi" }, { toolUse: { name: "n", input: { a: 1 } } }];
  const fake = createFakeBedrock({ response: { parts } });
  const response = await clientOf(fake).invokeModelStream<AnthropicChunk>({
    modelId: "m",
    body: {},
  });
  const invoke = (await drain(response.toAgentEvents())).values;
  const converse = await ask(fake);
  expect(invoke.slice(0, -1)).toEqual(converse.slice(0, -1));
});

test("responses in a row, the last one stays", async () => {
  const fake = createFakeBedrock({ response: [{ parts: "one" }, { parts: "two" }] });
  const texts = [await ask(fake), await ask(fake), await ask(fake)].map(textOf);
  expect(texts).toEqual(["one", "two", "two"]);
  expect(fake.requests.map(({ number }) => number)).toEqual([1, 2, 3]);
});

test("a response chosen by the request", async () => {
  const fake = createFakeBedrock({
    response: ({ body }) => ({ parts: JSON.stringify(body).includes("tool") ? "B" : "A" }),
  });
  expect([textOf(await ask(fake, "x")), textOf(await ask(fake, "a tool"))]).toEqual(["A", "B"]);
});

test("a capture is replayed byte for byte, whatever the slices", async () => {
  const capture = concat([
    encodeConverseEvent({ type: "messageStart", role: "assistant" }),
    new Uint8Array([0, 0, 1, 0, 9, 9, 9]),
  ]);
  for (const slicing of [{}, { sliceBytes: 3 }, { seed: 5 }, { seed: 5, sliceBytes: 2 }]) {
    const { fetch } = createFakeBedrock({ response: { replay: capture }, ...slicing });
    const response = await fetch(url, { method: "POST" });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(capture);
  }
});

test("slices have the size that was asked for; a seed gives the same slices again", async () => {
  const sizes = async (options: { sliceBytes?: number; seed?: number }): Promise<number[]> => {
    const response = await createFakeBedrock(options).fetch(url, { method: "POST" });
    const all: number[] = [];
    for await (const chunk of response.body ?? []) all.push(chunk.byteLength);
    return all;
  };
  expect(new Set((await sizes({ sliceBytes: 10 })).slice(0, -1))).toEqual(new Set([10]));
  const first = await sizes({ seed: 7, sliceBytes: 50 });
  expect(Math.max(...first)).toBeLessThanOrEqual(50);
  expect(new Set(first).size).toBeGreaterThan(10);
  expect(await sizes({ seed: 7, sliceBytes: 50 })).toEqual(first);
  expect(await sizes({ seed: 8, sliceBytes: 50 })).not.toEqual(first);
});

test("paced tokens come one after another, and an abort ends them at once", async () => {
  const fake = createFakeBedrock({ tokensPerSecond: 200 });
  const response = await fake.fetch(url, { method: "POST" });
  let chunks = 0;
  for await (const chunk of response.body ?? []) chunks += chunk.byteLength > 0 ? 1 : 0;
  expect(chunks).toBeGreaterThan(5);
  const slow = createFakeBedrock({ tokensPerSecond: 0.001 });
  const aborter = new AbortController();
  const call = slow.fetch(url, { method: "POST", signal: aborter.signal });
  const reader = (await call).body?.getReader();
  await reader?.cancel();
  await vi.waitFor(() => expect(slow.requests[0]?.cancelled).toBe(true));
});

test.each(["stall", "cut"] as const)(
  "an abort breaks a body that is being read (%s)",
  async (name) => {
    const fake = createFakeBedrock({ fault: { name, afterFrames: 1 }, tokensPerSecond: 100 });
    const aborter = new AbortController();
    const response = await fake.fetch(url, { method: "POST", signal: aborter.signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(16);
    if (name === "cut") expect((await reader?.read())?.done).toBe(true);
    const pending = reader?.read();
    const reason = new Error("enough");
    aborter.abort(reason);
    if (name === "cut") expect(await pending).toMatchObject({ done: true });
    else await expect(pending).rejects.toBe(reason);
    expect(fake.requests[0]?.cancelled).toBe(name === "stall");
  },
);

test("only the expected key and credentials are let in", async () => {
  const post = (headers: Record<string, string>) =>
    createFakeBedrock({ apiKey: "key" }).fetch(url, { method: "POST", headers });
  expect((await post({ authorization: "Bearer key" })).status).toBe(200);
  expect((await post({ authorization: "Bearer other" })).status).toBe(403);
  const refused = await post({});
  expect(refused.status).toBe(403);
  expect(refused.headers.get("x-amzn-errortype")).toContain("MissingAuthenticationToken");
  const wrong = await post({ authorization: "Bearer other" });
  expect(wrong.headers.get("x-amzn-errortype")).toContain("AccessDeniedException");
});

test("other paths and methods are not there", async () => {
  const { fetch } = createFakeBedrock();
  for (const [path, method] of [
    ["/", "POST"],
    ["/model/x/converse", "POST"],
    ["/model/x/converse-stream", "GET"],
  ] as const) {
    expect((await fetch(`http://fake${path}`, { method })).status).toBe(404);
  }
});

test("a capture says what it is, also when it is cut or holds an exception", () => {
  const start = encodeConverseEvent({ type: "messageStart", role: "assistant" });
  const chunk = encodeInvokeChunk({ outputText: "a" });
  const exception = encodeException("throttlingException", "{}");
  expect(detectCapture(concat([start, exception]))).toEqual({ operation: "converse" });
  expect(detectCapture(start.slice(0, -1))).toEqual({ operation: "converse" });
  expect(detectCapture(exception)).toEqual({ operation: "converse" });
  expect(detectCapture(concat([chunk, exception]))).toEqual({
    operation: "invoke",
    family: "titan",
  });
  expect(detectCapture(concat([chunk, chunk.slice(0, 20)]))).toEqual({
    operation: "invoke",
    family: "titan",
  });
  expect(detectCapture(encodeInvokeChunk({ shiny: 1 }))).toEqual({ operation: "invoke" });
  expect(detectCapture(new Uint8Array([1, 2, 3]))).toEqual({ operation: "converse" });
});
