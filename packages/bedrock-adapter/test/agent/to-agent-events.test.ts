import type { AgentEvent } from "@freshet/core";
import { describe, expect, test, vi } from "vitest";
import {
  BedrockDecoder,
  BedrockError,
  ConverseMessageBuilder,
  decodeConverseStream,
  decodeInvokeModelStream,
  toAgentEvents,
  type AgentEventInput,
  type BedrockDoneEvent,
  type BedrockEvent,
  type ConverseStreamEvent,
} from "../../src/index.ts";
import {
  encodeConverseEvent,
  encodeException,
  encodeInvokeChunk,
} from "../../src/testing/index.ts";
import { concat, drain, slicings } from "../support/slicings.ts";

const converse = [
  { type: "messageStart", role: "assistant" },
  { type: "contentBlockDelta", contentBlockIndex: 0, delta: { text: "Hel" } },
  { type: "contentBlockDelta", contentBlockIndex: 0, delta: { text: "lo" } },
  { type: "messageStop", stopReason: "end_turn" },
  {
    type: "metadata",
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    metrics: { latencyMs: 42 },
  },
] as const;
const converseBody = concat(converse.map((event) => encodeConverseEvent(event)));
const converseDone: BedrockDoneEvent = {
  type: "done",
  message_id: "",
  num_turns: 1,
  tool_count: 0,
  duration_ms: 42,
  model: "m",
  total_cost_usd: 0,
  stop_reason: "end_turn",
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
  metadata: {
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    metrics: { latencyMs: 42 },
  },
};
const converseAgentEvents: AgentEvent[] = [
  { type: "token", text: "Hel" },
  { type: "token", text: "lo" },
  converseDone,
];
const gptOss = ["<reaso", "ning>hm", "</reasoning>Hi <b", ">"].map((content) => ({
  choices: [{ index: 0, delta: { content } }],
}));
const gptOssEnd = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

describe.each(slicings)("cut %s", (_, slice) => {
  test("agent events from a stream of bytes are those of its events", async () => {
    const direct = await drain(
      toAgentEvents(decodeConverseStream(slice(converseBody)), { model: "m" }),
    );
    expect(direct).toEqual({ values: converseAgentEvents, error: undefined });
  });

  test("text that was held back precedes a failure", async () => {
    const body = concat([
      ...gptOss.slice(0, 3).map((chunk) => encodeInvokeChunk(chunk)),
      encodeException("modelStreamErrorException", '{"message":"oops"}'),
    ]);
    const { values, error } = await drain(toAgentEvents(decodeInvokeModelStream(slice(body))));
    expect(textOf(values, "thinking")).toBe("hm");
    expect(textOf(values, "token")).toBe("Hi <b");
    expect(error).toMatchObject({ code: "MODEL_STREAM_ERROR" });
  });
});

test("toAgentEvents accepts any iterable of events", async () => {
  const expected = { values: converseAgentEvents, error: undefined };
  expect(await drain(toAgentEvents(converse, { model: "m" }))).toEqual(expected);
  async function* later(): AsyncGenerator<(typeof converse)[number]> {
    for (const event of converse) yield await Promise.resolve(event);
  }
  expect(await drain(toAgentEvents(later(), { model: "m" }))).toEqual(expected);
});

test("toAgentEvents of a stream that was read from starts at its next event", async () => {
  const events = decodeConverseStream([converseBody]);
  await events.next();
  await events.next();
  expect(await drain(toAgentEvents(events, { model: "m" }))).toEqual({
    values: [{ type: "token", text: "lo" }, converseDone],
    error: undefined,
  });
});

test("toAgentEvents accepts the events of a BedrockDecoder, of both operations", async () => {
  const events = (body: Uint8Array): BedrockEvent[] => {
    const decoder = new BedrockDecoder().push(body);
    const all: BedrockEvent[] = [];
    for (let event = decoder.read(); event; event = decoder.read()) all.push(event);
    return all;
  };
  expect((await drain(toAgentEvents(events(converseBody), { model: "m" }))).values).toEqual(
    converseAgentEvents,
  );
  const invoke = concat([...gptOss, gptOssEnd].map((chunk) => encodeInvokeChunk(chunk)));
  const { values } = await drain(toAgentEvents(events(invoke)));
  expect(textOf(values, "token")).toBe("Hi <b>");
});

test("events that end without a stop event are an error, after all of them", async () => {
  const { values, error } = await drain(toAgentEvents(converse.slice(0, 3)));
  expect(textOf(values, "token")).toBe("Hello");
  expect(error).toMatchObject({ code: "INCOMPLETE_STREAM" });
});

test("with errors as events a failure becomes `error` and then `done`", async () => {
  const whole = concat(converse.slice(0, 3).map((event) => encodeConverseEvent(event)));
  const source = concat([whole, encodeException("throttlingException", '{"message":"slow"}')]);
  const options = { errors: "event", model: "m" } as const;
  const { values, error } = await drain(
    toAgentEvents(decodeConverseStream([source], { requestId: "r" }), options),
  );
  expect(error).toBeUndefined();
  expect(values.slice(-2)).toEqual([
    {
      type: "error",
      error_type: "THROTTLED",
      message: "Bedrock ended the stream with throttlingException: slow",
      details: {
        retryable: true,
        status: 429,
        exception_type: "throttlingException",
        request_id: "r",
        offset: whole.length,
      },
    },
    {
      type: "done",
      message_id: "",
      num_turns: 1,
      tool_count: 0,
      duration_ms: 0,
      model: "m",
      total_cost_usd: 0,
      stop_reason: "",
    },
  ]);
});

test("details of an exception's body do not replace the facts of the error", async () => {
  const body = '{"message":"slow","retryable":"ask me","offset":-1,"originalStatusCode":500}';
  const source = encodeException("modelStreamErrorException", body);
  const events = toAgentEvents(decodeConverseStream([source]), { errors: "event" });
  expect((await drain(events)).values[0]).toMatchObject({
    details: { retryable: true, offset: 0, originalStatusCode: 500 },
  });
});

test("with errors as events an incomplete response ends with INCOMPLETE_STREAM and `done`", async () => {
  for (const events of [converse.slice(0, 3), decodeConverseStream([converseBody.slice(0, 400)])]) {
    const { values, error } = await drain(toAgentEvents(events, { errors: "event" }));
    expect(error).toBeUndefined();
    expect(values.slice(-2)).toMatchObject([
      { type: "error", error_type: "INCOMPLETE_STREAM" },
      { type: "done", stop_reason: "" },
    ]);
  }
});

test("an abort and an error of the source never become events", async () => {
  const signal = AbortSignal.abort("stop it");
  const aborted = toAgentEvents(decodeConverseStream([converseBody], { signal }), {
    errors: "event",
  });
  expect(await drain(aborted)).toEqual({ values: [], error: "stop it" });
  const bug = new RangeError("mine");
  async function* buggy(): AsyncGenerator<(typeof converse)[number]> {
    yield await Promise.resolve(converse[1]);
    throw bug;
  }
  const { values, error } = await drain(toAgentEvents(buggy(), { errors: "event" }));
  expect(values).toEqual([{ type: "token", text: "Hel" }]);
  expect(error).toBe(bug);
});

test("chunks of no known family are an error that names their fields", async () => {
  const { error } = await drain(toAgentEvents([{ shiny: 1, field: 2 }]));
  expect(error).toMatchObject({ code: "INVALID_PAYLOAD" });
  expect((error as Error).message).toContain("shiny, field");
});

test("events that violate their types are a BedrockError", async () => {
  for (const broken of [
    { type: "contentBlockDelta", contentBlockIndex: 0 },
    { choices: [null] },
    { outputs: [{}] },
    { type: "content_block_delta", index: 0 },
    { type: "chunk", chunk: null },
  ]) {
    const { error } = await drain(toAgentEvents([broken]));
    expect(error).toBeInstanceOf(BedrockError);
  }
});

test("leaving the loop of agent events cancels the source", async () => {
  let cancelled = false;
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(converseBody.slice(0, 300)),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const event of toAgentEvents(decodeConverseStream(source))) {
    expect(event).toEqual({ type: "token", text: "Hel" });
    break;
  }
  expect(cancelled).toBe(true);
});

function textOf(events: readonly AgentEvent[], type: "token" | "thinking"): string {
  return events.map((event) => (event.type === type ? event.text : "")).join("");
}

test("onInput is called with each event before its agent events", async () => {
  const heard: string[] = [];
  const builder = new ConverseMessageBuilder();
  const onInput = (event: AgentEventInput) => {
    heard.push((event as ConverseStreamEvent).type);
    builder.push(event as ConverseStreamEvent);
  };
  const events = toAgentEvents(decodeConverseStream([converseBody]), { onInput });
  for await (const event of events) heard.push(event.type);
  expect(heard).toEqual([
    ...["messageStart", "contentBlockDelta", "token", "contentBlockDelta", "token"],
    ...["messageStop", "metadata", "done"],
  ]);
  expect(builder.message()).toEqual({ role: "assistant", content: [{ text: "Hello" }] });
});

test("return before the first read cancels the source, of bytes and of events", async () => {
  const cancel = vi.fn();
  const source = new ReadableStream<Uint8Array>({ cancel });
  await toAgentEvents(decodeConverseStream(source)).return(undefined);
  const events = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: () => Promise.resolve({ done: true as const, value: cancel() as unknown }),
    }),
  };
  await toAgentEvents(events).return(undefined);
  expect(cancel).toHaveBeenCalledTimes(2);
});

test("calls of next() that do not wait for each other get the agent events in order", async () => {
  for (const events of [converse, decodeConverseStream([converseBody])]) {
    const agentEvents = toAgentEvents(events, { model: "m" });
    const results = await Promise.all([1, 2, 3, 4].map(() => agentEvents.next()));
    expect(results.map(({ value }) => value as unknown)).toEqual([
      ...converseAgentEvents,
      undefined,
    ]);
  }
});

test("a stream may be closed after its agent events were read", async () => {
  const cancel = vi.fn();
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(converseBody.slice(0, 300)),
    cancel,
  });
  const events = decodeConverseStream(source);
  for await (const event of toAgentEvents(events)) {
    expect(event.type).toBe("token");
    break;
  }
  expect(await events.return(undefined)).toEqual({ done: true, value: undefined });
  expect(cancel).toHaveBeenCalledOnce();
});
