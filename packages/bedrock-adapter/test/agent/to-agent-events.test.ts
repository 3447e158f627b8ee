import type { AgentEvent } from "@freshet/core";
import { describe, expect, test } from "vitest";
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
  test("straight from the bytes it is the same as from the events", async () => {
    const direct = await drain(
      toAgentEvents(decodeConverseStream(slice(converseBody)), { model: "m" }),
    );
    expect(direct).toEqual({ values: converseAgentEvents, error: undefined });
  });

  test("text that was held back comes out before a failure", async () => {
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

test("any iterable of events will do", async () => {
  const expected = { values: converseAgentEvents, error: undefined };
  expect(await drain(toAgentEvents(converse, { model: "m" }))).toEqual(expected);
  async function* later(): AsyncGenerator<(typeof converse)[number]> {
    for (const event of converse) yield await Promise.resolve(event);
  }
  expect(await drain(toAgentEvents(later(), { model: "m" }))).toEqual(expected);
});

test("a stream that was read from before gives the rest", async () => {
  const events = decodeConverseStream([converseBody]);
  await events.next();
  await events.next();
  expect(await drain(toAgentEvents(events, { model: "m" }))).toEqual({
    values: [{ type: "token", text: "lo" }, converseDone],
    error: undefined,
  });
});

test("the events of a BedrockDecoder will do, for both operations", async () => {
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

test("events that end without a stop are an error, after all of them", async () => {
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

test("what an exception's body says beside its message does not pass for what is known", async () => {
  const body = '{"message":"slow","retryable":"ask me","offset":-1,"originalStatusCode":500}';
  const source = encodeException("modelStreamErrorException", body);
  const events = toAgentEvents(decodeConverseStream([source]), { errors: "event" });
  expect((await drain(events)).values[0]).toMatchObject({
    details: { retryable: true, offset: 0, originalStatusCode: 500 },
  });
});

test("with errors as events a cut response ends with INCOMPLETE_STREAM and `done`", async () => {
  for (const events of [converse.slice(0, 3), decodeConverseStream([converseBody.slice(0, 400)])]) {
    const { values, error } = await drain(toAgentEvents(events, { errors: "event" }));
    expect(error).toBeUndefined();
    expect(values.slice(-2)).toMatchObject([
      { type: "error", error_type: "INCOMPLETE_STREAM" },
      { type: "done", stop_reason: "" },
    ]);
  }
});

test("an abort and somebody else's error are never made into events", async () => {
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

test("chunks of no known family are an error that says what they are", async () => {
  const { error } = await drain(toAgentEvents([{ shiny: 1, field: 2 }]));
  expect(error).toMatchObject({ code: "INVALID_PAYLOAD" });
  expect((error as Error).message).toContain("shiny, field");
});

test("events that break their own types are an error, not a crash", async () => {
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

test("leaving the loop cancels the source", async () => {
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

test("another can hear the input, each event just before what is made of it", async () => {
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
