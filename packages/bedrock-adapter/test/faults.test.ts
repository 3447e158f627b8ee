import { describe, expect, test } from "vitest";
import { BedrockClient, BedrockError, type ConverseStreamEvent } from "../src/index.ts";
import {
  createFakeBedrock,
  splitFrames,
  type FakeBedrockOptions,
  type FaultName,
} from "../src/testing/index.ts";
import { drain } from "./support/slicings.ts";

const request = {
  modelId: "anthropic.claude-3-haiku-20240307-v1:0",
  messages: [{ role: "user" as const, content: [{ text: "Hello?" }] }],
};
const parts = [{ reasoning: "Let me see." }, { text: "Hello! How can I help you today?" }];

function client(options: FakeBedrockOptions, idleTimeoutMs?: number): BedrockClient {
  const { fetch } = createFakeBedrock({ response: { parts }, ...options });
  return new BedrockClient({
    endpoint: "http://fake",
    apiKey: "k",
    fetch,
    retry: false,
    idleTimeoutMs,
  });
}

/** Runs a request whose response begins well; gives what arrived and the error. */
async function run(
  operation: "converse" | "invoke",
  options: FakeBedrockOptions,
  idleTimeoutMs?: number,
): Promise<{ values: unknown[]; error: unknown }> {
  const bedrock = client(options, idleTimeoutMs);
  return operation === "converse"
    ? drain<ConverseStreamEvent>(await bedrock.converseStream(request))
    : drain<unknown>(await bedrock.invokeModelStream({ modelId: request.modelId, body: {} }));
}

/** What the fault must become; the bytes are cut in every way of the list below. */
const faults: readonly (readonly [FaultName, object])[] = [
  ["cut", { code: "INCOMPLETE_STREAM", retryable: true }],
  ["cut-mid-frame", { code: "INCOMPLETE_STREAM", retryable: true }],
  ["reset", { code: "NETWORK", retryable: true }],
  ["internalServerException", { code: "INTERNAL", status: 500, retryable: true }],
  [
    "modelStreamErrorException",
    {
      code: "MODEL_STREAM_ERROR",
      status: 424,
      retryable: true,
      details: { originalStatusCode: 500, originalMessage: "overloaded" },
    },
  ],
  ["validationException", { code: "VALIDATION", status: 400, retryable: false }],
  ["throttlingException", { code: "THROTTLED", status: 429, retryable: true }],
  ["serviceUnavailableException", { code: "SERVICE_UNAVAILABLE", status: 503, retryable: true }],
  ["modelTimeoutException", { code: "MODEL_TIMEOUT", status: 408, retryable: true }],
  ["unmodeled-exception", { code: "UNMODELED_EXCEPTION", exceptionType: "somethingNewException" }],
  ["exception-not-json", { code: "THROTTLED", status: 429 }],
  ["error-frame", { code: "STREAM_ERROR", exceptionType: "InternalFailure" }],
  ["error-frame-without-message", { code: "STREAM_ERROR" }],
  ["prelude-checksum", { code: "INVALID_FRAME", cause: { code: "PRELUDE_CHECKSUM_MISMATCH" } }],
  ["message-checksum", { code: "INVALID_FRAME", cause: { code: "MESSAGE_CHECKSUM_MISMATCH" } }],
  ["length-0", { code: "INVALID_FRAME", cause: { code: "MESSAGE_LENGTH_INVALID" } }],
  ["length-8", { code: "INVALID_FRAME", cause: { code: "MESSAGE_LENGTH_INVALID" } }],
  ["length-300mb", { code: "INVALID_FRAME", cause: { code: "MESSAGE_TOO_LARGE" } }],
  ["length-max", { code: "INVALID_FRAME", cause: { code: "MESSAGE_TOO_LARGE" } }],
  ["payload-empty", { code: "INVALID_PAYLOAD", retryable: false }],
  ["payload-not-json", { code: "INVALID_PAYLOAD", retryable: false }],
  ["payload-not-base64", { code: "INVALID_PAYLOAD", retryable: false }],
  ["chunk-without-bytes", { code: "INVALID_PAYLOAD", retryable: false }],
];

const slices: readonly Pick<FakeBedrockOptions, "sliceBytes" | "seed">[] = [
  {},
  { sliceBytes: 1 },
  { sliceBytes: 100_000 },
  { sliceBytes: 11 },
  { seed: 1 },
  { seed: 2, sliceBytes: 20 },
];

describe.each(["converse", "invoke"] as const)("%s", (operation) => {
  describe.each(faults)("%s", (name, expected) => {
    test("is a typed error after every event that came before it, however it is cut", async () => {
      const { values: all } = await run(operation, {});
      for (const slicing of slices) {
        const fault = { name, afterFrames: 4 };
        const { values, error } = await run(operation, { ...slicing, fault });
        expect(error).toBeInstanceOf(BedrockError);
        expect(error).toMatchObject(expected);
        expect((error as BedrockError).requestId).toMatch(/^[0-9a-f-]{36}$/);
        expect(values).toEqual(all.slice(0, 4));
      }
    });
  });

  test("stray bytes after a whole response are an error, and cost none of it", async () => {
    const { values: all } = await run(operation, {});
    for (const afterFrames of [3, 4, 5]) {
      for (const slicing of slices) {
        const fault = { name: "stray-bytes", afterFrames } as const;
        const { values, error } = await run(operation, { ...slicing, fault });
        expect(values).toEqual(all);
        expect(error).toMatchObject({ code: "INCOMPLETE_STREAM" });
      }
    }
  });

  test("a stall is IDLE_TIMEOUT after every event before it", async () => {
    const { values: all } = await run(operation, {});
    const fault = { name: "stall", afterFrames: 4 } as const;
    const { values, error } = await run(operation, { fault, sliceBytes: 7 }, 50);
    expect(values).toEqual(all.slice(0, 4));
    expect(error).toMatchObject({ code: "IDLE_TIMEOUT", retryable: true });
  });

  test("a cut between any two frames before the stop is an error", async () => {
    const { values: all } = await run(operation, {});
    const stopAt = all.findIndex((event) => JSON.stringify(event).includes("essageStop"));
    const last = stopAt === -1 ? all.length - 1 : stopAt;
    for (let afterFrames = 1; afterFrames <= last; afterFrames++) {
      const { values, error } = await run(operation, { fault: { name: "cut", afterFrames } });
      expect(values).toEqual(all.slice(0, afterFrames));
      expect(error).toMatchObject({ code: "INCOMPLETE_STREAM" });
    }
  });
});

test.each<[FaultName, object]>([
  ["http-400", { code: "VALIDATION", status: 400, retryable: false }],
  ["http-403", { code: "ACCESS_DENIED", status: 403, retryable: false }],
  ["http-404", { code: "NOT_FOUND", status: 404, retryable: false }],
  ["http-429", { code: "THROTTLED", status: 429, retryable: true, retryAfterMs: 7000 }],
  ["http-500", { code: "INTERNAL", status: 500, retryable: true }],
  ["http-503", { code: "SERVICE_UNAVAILABLE", status: 503, retryable: true }],
])("%s before the stream rejects the call", async (name, expected) => {
  const fault = { name, retryAfterSeconds: 7 };
  const error: unknown = await client({ fault }).converseStream(request).catch(identity);
  expect(error).toBeInstanceOf(BedrockError);
  expect(error).toMatchObject(expected);
  expect((error as BedrockError).requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect((error as BedrockError).exceptionType).toMatch(/^[A-Z][A-Za-z]+Exception$/);
});

test("an HTML page from a proxy is a typed error that quotes it", async () => {
  const error: unknown = await client({ fault: "html-page" })
    .converseStream(request)
    .catch(identity);
  expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 502, retryable: true });
  expect((error as Error).message).toContain("502 Bad Gateway");
});

test("a good status with a body that is no event stream is INVALID_FRAME", async () => {
  const html = () => Promise.resolve(new Response("<html>captive portal</html>"));
  const bedrock = new BedrockClient({
    endpoint: "http://x",
    apiKey: "k",
    fetch: html,
    retry: false,
  });
  const error: unknown = await bedrock.converseStream(request).catch(identity);
  expect(error).toMatchObject({ code: "INVALID_FRAME", cause: { code: "NOT_AN_EVENT_STREAM" } });
});

test("the fake's frames are whole frames again when its slices are put together", async () => {
  const { fetch } = createFakeBedrock({ response: { parts }, seed: 9 });
  const url = "http://fake/model/m/converse-stream";
  const response = await fetch(url, { method: "POST", body: "{}" });
  const frames = splitFrames(new Uint8Array(await response.arrayBuffer()));
  expect(frames.length).toBeGreaterThan(10);
  for (const frame of frames) {
    expect(new DataView(frame.buffer, frame.byteOffset).getUint32(0)).toBe(frame.length);
  }
});

function identity(error: unknown): unknown {
  return error;
}
