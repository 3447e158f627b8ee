import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeMessage, header } from "@freshet/eventstream-codec";
import { BedrockDecoder, BedrockError, type BedrockEvent } from "../../src/index.ts";
import {
  encodeConverseEvent,
  encodeError,
  encodeEvent,
  encodeException,
  encodeInvokeChunk,
} from "../../src/testing/index.ts";
import { concat, randomSlices, slicings } from "../support/slicings.ts";

type KnownEvent = Parameters<typeof encodeConverseEvent>[0];

function decode(chunks: readonly Uint8Array[]): { events: BedrockEvent[]; error: unknown } {
  const decoder = new BedrockDecoder();
  const events: BedrockEvent[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let event = decoder.read(); event; event = decoder.read()) events.push(event);
    }
    decoder.end();
  } catch (error) {
    return { events, error };
  }
  return { events, error: undefined };
}

const everyEvent: KnownEvent[] = [
  { type: "messageStart", role: "assistant" },
  {
    type: "contentBlockStart",
    contentBlockIndex: 0,
    start: { toolUse: { toolUseId: "t1", name: "weather", type: "server_tool_use" } },
  },
  { type: "contentBlockDelta", contentBlockIndex: 0, delta: { toolUse: { input: '{"a"' } } },
  { type: "contentBlockStop", contentBlockIndex: 0 },
  {
    type: "contentBlockStart",
    contentBlockIndex: 1,
    start: { toolResult: { toolUseId: "t1", type: "x", status: "success" } },
  },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 1,
    delta: { toolResult: [{ text: "21" }, { json: { unit: "°C" } }] },
  },
  { type: "contentBlockStart", contentBlockIndex: 2, start: { image: { format: "png" } } },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 2,
    delta: { image: { source: { bytes: new Uint8Array([0, 128, 255]) } } },
  },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 2,
    delta: { image: { error: { message: "no" } } },
  },
  { type: "contentBlockDelta", contentBlockIndex: 3, delta: { text: "Grüße, 世界 🌍" } },
  { type: "contentBlockDelta", contentBlockIndex: 3, delta: { text: "" } },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 4,
    delta: { reasoningContent: { text: "hm" } },
  },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 4,
    delta: { reasoningContent: { signature: "c2ln" } },
  },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 4,
    delta: { reasoningContent: { redactedContent: new Uint8Array([1, 2, 3, 250]) } },
  },
  {
    type: "contentBlockDelta",
    contentBlockIndex: 5,
    delta: {
      citation: {
        title: "Doc",
        source: "s",
        sourceContent: [{ text: "quoted" }],
        location: { web: { url: "https://example.com", domain: "example.com" } },
      },
    },
  },
  {
    type: "messageStop",
    stopReason: "a_reason_nobody_knows",
    additionalModelResponseFields: { a: 1 },
  },
  {
    type: "metadata",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, serverToolUsage: { calls: 1 } },
    metrics: { latencyMs: 5 },
    trace: { guardrail: { modelOutput: ["x"] } },
    performanceConfig: { latency: "optimized" },
    serviceTier: { type: "priority" },
  },
];

describe.each(slicings)("cut %s", (_, slice) => {
  test("every event of ConverseStream is decoded unchanged, without its padding", () => {
    const body = concat(everyEvent.map((event) => encodeConverseEvent(event, { padding: "abc" })));
    expect(decode(slice(body))).toEqual({ events: everyEvent, error: undefined });
  });

  test("chunks of InvokeModel are decoded to their inner JSON", () => {
    const chunks = [{ generation: "Grüße 🌍", stop_reason: null }, { a: [1, null] }, { stop: 1 }];
    const last = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 1 } };
    const body = concat(
      [...chunks, last].map((chunk) => encodeInvokeChunk(chunk, { padding: "x" })),
    );
    const events = [...chunks, last].map((chunk) => ({ type: "chunk", chunk }));
    expect(decode(slice(body))).toEqual({ events, error: undefined });
  });

  test("one to three bytes of another frame at the end are an error", () => {
    const body = concat(everyEvent.map((event) => encodeConverseEvent(event)));
    for (const stray of [1, 2, 3, 11, 12, 20]) {
      const { events, error } = decode(slice(concat([body, body.slice(0, stray)])));
      expect(events).toEqual(everyEvent);
      expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", offset: body.length });
    }
  });
});

test("a response cut anywhere is an error, after every complete event", () => {
  const frames = everyEvent.slice(-4, -1).map((event) => encodeConverseEvent(event));
  const body = concat(frames);
  const stopsAt = body.length;
  for (let end = 0; end < stopsAt; end++) {
    const { events, error } = decode([body.slice(0, end)]);
    expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", retryable: true });
    let whole = 0;
    for (let at = 0; whole < frames.length; whole++) {
      at += frames[whole]?.length ?? 0;
      if (at > end) break;
    }
    expect(events).toEqual(everyEvent.slice(-4, -1).slice(0, whole));
  }
});

test("an event of an unknown type is kept, and the stream goes on", () => {
  const known: KnownEvent = { type: "messageStop", stopReason: "end_turn" };
  const { events, error } = decode([
    concat([encodeEvent("somethingNew", '{"a":1}'), encodeConverseEvent(known)]),
  ]);
  const payload = new TextEncoder().encode('{"a":1}');
  expect(events).toEqual([{ type: "unknown", eventType: "somethingNew", payload }, known]);
  expect(error).toBeUndefined();
});

test("unknown fields are kept; `type` is always the event's own, and `__proto__` is dropped", () => {
  const body = '{"stopReason":"end_turn","new":[1],"type":"x","__proto__":{"polluted":1},"p":"ab"}';
  const { events } = decode([encodeEvent("messageStop", body)]);
  expect(events).toStrictEqual([{ type: "messageStop", stopReason: "end_turn", new: [1] }]);
  expect(Object.getPrototypeOf(events[0])).toBe(Object.prototype);
});

test("more headers, or another order, change no event", () => {
  const frame = encodeMessage({
    headers: {
      ":message-type": header.string("event"),
      "x-more": header.integer(7),
      ":content-type": header.string("application/json"),
      ":event-type": header.string("messageStop"),
    },
    payload: new TextEncoder().encode('{"stopReason":"end_turn"}'),
  });
  expect(decode([frame])).toEqual({
    events: [{ type: "messageStop", stopReason: "end_turn" }],
    error: undefined,
  });
});

test.each([
  ["throttlingException", "THROTTLED", 429, true],
  ["ThrottlingException", "THROTTLED", 429, true],
  ["internalServerException", "INTERNAL", 500, true],
  ["modelStreamErrorException", "MODEL_STREAM_ERROR", 424, true],
  ["validationException", "VALIDATION", 400, false],
  ["serviceUnavailableException", "SERVICE_UNAVAILABLE", 503, true],
  ["modelTimeoutException", "MODEL_TIMEOUT", 408, true],
  ["accessDeniedException", "ACCESS_DENIED", 403, false],
  ["neverHeardOfException", "UNMODELED_EXCEPTION", undefined, false],
])("%s is %s", (exceptionType, code, status, retryable) => {
  const body = '{"message":"told you","originalStatusCode":500,"originalMessage":"why"}';
  const { events, error } = decode([
    concat([
      encodeConverseEvent({ type: "messageStart", role: "assistant" }),
      encodeException(exceptionType, body),
    ]),
  ]);
  expect(events).toHaveLength(1);
  expect(error).toBeInstanceOf(BedrockError);
  expect(error).toMatchObject({ code, retryable, exceptionType });
  expect((error as BedrockError).status).toBe(status);
  expect(error).toMatchObject({ details: { originalStatusCode: 500, originalMessage: "why" } });
  expect((error as Error).message).toContain("told you");
});

test("an exception whose body is not JSON, and one without a name, are still exceptions", () => {
  const notJson = decode([encodeException("throttlingException", "slow down")]).error;
  expect(notJson).toMatchObject({ code: "THROTTLED" });
  expect((notJson as Error).message).toContain("slow down");
  const nameless = encodeMessage({ headers: { ":message-type": header.string("exception") } });
  expect(decode([nameless]).error).toMatchObject({ code: "UNMODELED_EXCEPTION" });
});

test("error frames, with and without code and message", () => {
  expect(decode([encodeError("InternalFailure", "it broke")]).error).toMatchObject({
    code: "STREAM_ERROR",
    exceptionType: "InternalFailure",
    retryable: true,
    message: expect.stringContaining("it broke") as string,
  });
  const bare = decode([encodeError()]).error as BedrockError;
  expect(bare).toMatchObject({ code: "STREAM_ERROR", retryable: false });
  expect(bare.exceptionType).toBeUndefined();
});

test.each([
  ["an empty payload", encodeEvent("contentBlockDelta", "")],
  ["no JSON", encodeEvent("messageStart", "<html>")],
  ["JSON that is no object", encodeEvent("metadata", "[1]")],
  ["null", encodeEvent("metadata", "null")],
  ["a delta that is missing", encodeEvent("contentBlockDelta", '{"contentBlockIndex":0}')],
  [
    "a blob that is not base64",
    encodeEvent("contentBlockDelta", '{"delta":{"reasoningContent":{"redactedContent":"%%"}}}'),
  ],
  ["a chunk without bytes", encodeEvent("chunk", "{}")],
  ["a chunk that is null", encodeEvent("chunk", "null")],
  ["a chunk whose bytes are not base64", encodeEvent("chunk", '{"bytes":"%%%%"}')],
  ["a chunk whose bytes are a number", encodeEvent("chunk", '{"bytes":1}')],
  ["a chunk whose inside is not JSON", encodeEvent("chunk", `{"bytes":"${btoa("oops")}"}`)],
  ["a chunk whose inside is not UTF-8", encodeEvent("chunk", `{"bytes":"${btoa('"\xff"')}"}`)],
  ["an empty chunk", encodeEvent("chunk", "")],
  ["a chunk cut inside its JSON", encodeEvent("chunk", `{"bytes":"${btoa("{}")}`)],
])("%s is INVALID_PAYLOAD, after the events before it", (_, bad) => {
  const good = encodeConverseEvent({ type: "messageStart", role: "assistant" });
  const { events, error } = decode([concat([good, bad, good])]);
  expect(events).toHaveLength(1);
  expect(error).toMatchObject({ code: "INVALID_PAYLOAD", offset: good.length, retryable: false });
});

test("the bytes of a chunk may follow the padding, and have escaped slashes", () => {
  const inner = '{"completion":"???>>>","stop_reason":"stop"}';
  const base64 = btoa(inner);
  expect(base64).toContain("/");
  for (const body of [
    `{"p":"abc","bytes":"${base64}"}`,
    `{"bytes":"${base64.replaceAll("/", "\\/")}"}`,
    ` {"bytes" : "${base64}" , "p":"}" }`,
    `{"bytes":"${base64}","q":"}"}`,
  ]) {
    expect(decode([encodeEvent("chunk", body)])).toEqual({
      events: [{ type: "chunk", chunk: JSON.parse(inner) as unknown }],
      error: undefined,
    });
  }
});

test("a failed decoder always throws the same error and ignores more bytes", () => {
  const decoder = new BedrockDecoder().push(encodeException("throttlingException", "{}"));
  const errors = [1, 2, 3].map(() => {
    try {
      decoder.push(encodeConverseEvent({ type: "messageStart", role: "assistant" }));
      return decoder.read();
    } catch (error) {
      return error;
    }
  });
  expect(errors[0]).toBeInstanceOf(BedrockError);
  expect(new Set(errors).size).toBe(1);
  expect(() => decoder.end()).toThrow(errors[0]);
});

test("the limits of the frames are options", () => {
  const frame = encodeConverseEvent({ type: "messageStart", role: "assistant" });
  const decoder = new BedrockDecoder({ maxMessageBytes: frame.length - 1 });
  expect(() => decoder.push(frame).read()).toThrow(
    expect.objectContaining({ code: "INVALID_FRAME" }) as Error,
  );
});

test("any text survives any cut (property)", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(fc.array(text), fc.integer(), fc.boolean(), (texts, seed, invoke) => {
      const frames = texts.map((piece) =>
        invoke
          ? encodeInvokeChunk({ completion: piece, stop_reason: "stop" })
          : encodeConverseEvent({
              type: "contentBlockDelta",
              contentBlockIndex: 0,
              delta: { text: piece },
            }),
      );
      const { events } = decode(randomSlices(concat(frames), seed));
      const found = events.map((event) => {
        if (event.type === "chunk") return (event.chunk as { completion: string }).completion;
        return event.type === "contentBlockDelta" ? event.delta.text : undefined;
      });
      expect(found).toEqual(texts);
    }),
  );
});

test("bytes that are not an event stream always end with an error (property)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { events, error } = decode([bytes]);
      expect(events).toEqual([]);
      expect(error).toBeInstanceOf(BedrockError);
    }),
  );
});

test("peek() returns the next event again and again, and read() takes it", () => {
  const [first, second] = everyEvent.map((event) => encodeConverseEvent(event));
  if (!first || !second) throw new Error("There are too few events.");
  const decoder = new BedrockDecoder();
  expect(decoder.peek()).toBeUndefined();
  decoder.push(concat([first, second, new Uint8Array(16)]));
  expect([decoder.peek(), decoder.peek(), decoder.read()]).toEqual(Array(3).fill(everyEvent[0]));
  expect([decoder.peek(), decoder.read()]).toEqual(Array(2).fill(everyEvent[1]));
  expect(() => decoder.peek()).toThrow(BedrockError);
  expect(() => decoder.read()).toThrow(BedrockError);
});

test("a decoder of one operation returns its values, and refuses the other one", () => {
  const chunk = { generation: "Hi", stop_reason: "stop" };
  const invoke = concat([encodeEvent("new", "{}"), encodeInvokeChunk(chunk)]);
  const chunks = new BedrockDecoder({ operation: "invoke" }).push(invoke);
  expect([chunks.read(), chunks.read()]).toEqual([chunk, undefined]);
  chunks.end();
  const start = encodeConverseEvent({ type: "messageStart", role: "assistant" });
  const events = new BedrockDecoder({ operation: "converse" }).push(concat([start, invoke]));
  expect([events.read()?.type, events.read()?.type]).toEqual(["messageStart", "unknown"]);
  const code = "INVALID_PAYLOAD";
  expect(() => events.read()).toThrow(expect.objectContaining({ code }) as Error);
  const wrong = new BedrockDecoder({ operation: "invoke" }).push(start);
  expect(() => wrong.read()).toThrow(expect.objectContaining({ code, offset: 0 }) as Error);
});
