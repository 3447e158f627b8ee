import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  BedrockClient,
  BedrockError,
  type BedrockClientOptions,
  type Fetch,
} from "../../src/index.ts";
import { createFakeBedrock, type FakeBedrockOptions } from "../../src/testing/index.ts";
import { drain } from "../support/slicings.ts";

const request = {
  modelId: "m",
  messages: [{ role: "user" as const, content: [{ text: "Hi" }] }],
};
const fast = { initialDelayMs: 1, maxDelayMs: 5, multiplier: 1 };

function setUp(fakeOptions: FakeBedrockOptions = {}, options: BedrockClientOptions = {}) {
  const fake = createFakeBedrock(fakeOptions);
  const client = new BedrockClient({
    endpoint: "http://fake",
    apiKey: "key",
    fetch: fake.fetch,
    retry: fast,
    ...options,
  });
  return { fake, client };
}

async function textOf(response: Promise<{ toAgentEvents(): AsyncIterable<{ type: string }> }>) {
  let text = "";
  for await (const event of (await response).toAgentEvents()) {
    if (event.type === "token" && "text" in event) text += String(event.text);
  }
  return text;
}

test("a request with every kind of content is sent as AWS documents it", async () => {
  const { fake, client } = setUp({ apiKey: "key" });
  const bytes = new Uint8Array([1, 2, 3]);
  const response = await client.converseStream({
    modelId: "arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b-v1:0",
    messages: [
      {
        role: "user",
        content: [
          { text: "Hi" },
          { image: { format: "png", source: { bytes } } },
          { document: { format: "pdf", name: "d", source: { bytes } } },
          { cachePoint: { type: "default" } },
        ],
      },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } },
          { reasoningContent: { redactedContent: bytes } },
          { toolUse: { toolUseId: "t", name: "n", input: { a: [1] } } },
        ],
      },
      {
        role: "user",
        content: [{ toolResult: { toolUseId: "t", content: [{ json: {} }], status: "error" } }],
      },
    ],
    system: [{ text: "Be brief." }],
    inferenceConfig: { maxTokens: 10, temperature: 0, topP: 1, stopSequences: ["x"] },
    toolConfig: {
      tools: [{ toolSpec: { name: "n", inputSchema: { json: { type: "object" } } } }],
      toolChoice: { auto: {} },
    },
    guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1", trace: "enabled" },
    additionalModelRequestFields: { top_k: 5 },
    performanceConfig: { latency: "optimized" },
    serviceTier: { type: "flex" },
  });
  await drain(response);
  const [received] = fake.requests;
  expect(received).toMatchObject({
    operation: "converse",
    modelId: "arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b-v1:0",
    status: 200,
  });
  expect(received?.headers.get("authorization")).toBe("Bearer key");
  expect(received?.body).toMatchObject({
    messages: [
      {
        content: [
          { text: "Hi" },
          { image: { source: { bytes: "AQID" } } },
          { document: { source: { bytes: "AQID" } } },
          { cachePoint: { type: "default" } },
        ],
      },
      {
        content: [
          { reasoningContent: { reasoningText: { text: "hm", signature: "c2ln" } } },
          { reasoningContent: { redactedContent: "AQID" } },
          { toolUse: { input: { a: [1] } } },
        ],
      },
      { content: [{ toolResult: { status: "error" } }] },
    ],
    serviceTier: { type: "flex" },
  });
  expect(received?.body).not.toHaveProperty("modelId");
});

test("the options of InvokeModel become headers; the body is sent unchanged or as JSON", async () => {
  const { fake, client } = setUp();
  for (const body of ['{"a":1}', new TextEncoder().encode('{"a":1}'), { a: 1 }]) {
    const response = await client.invokeModelStream({
      modelId: "m",
      body,
      trace: "ENABLED",
      guardrailIdentifier: "g",
      guardrailVersion: "2",
      performanceConfigLatency: "optimized",
      serviceTier: "priority",
    });
    await response.cancel();
  }
  expect(fake.requests).toHaveLength(3);
  for (const { body, headers, operation } of fake.requests) {
    expect(operation).toBe("invoke");
    expect(body).toEqual({ a: 1 });
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("x-amzn-bedrock-trace")).toBe("ENABLED");
    expect(headers.get("x-amzn-bedrock-guardrailidentifier")).toBe("g");
    expect(headers.get("x-amzn-bedrock-guardrailversion")).toBe("2");
    expect(headers.get("x-amzn-bedrock-performanceconfig-latency")).toBe("optimized");
    expect(headers.get("x-amzn-bedrock-service-tier")).toBe("priority");
  }
});

test("a response has its request id, headers and model id", async () => {
  const { client } = setUp();
  const response = await client.converseStream(request);
  expect(response.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(response.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
  const { values } = await drain(response.toAgentEvents());
  expect(values.at(-1)).toMatchObject({ type: "done", model: "m" });
});

describe("regions and endpoints", () => {
  const url = async (options: BedrockClientOptions): Promise<string> => {
    let called = "";
    const fetch: Fetch = (target) => {
      called = String(target);
      return Promise.reject(new Error("enough"));
    };
    const client = new BedrockClient({ apiKey: "k", retry: false, ...options, fetch });
    await client.converseStream({ modelId: "a:0" }).catch(() => undefined);
    return called;
  };

  test("the region determines the host; an endpoint replaces it", async () => {
    expect(await url({ region: "eu-west-1" })).toBe(
      "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a%3A0/converse-stream",
    );
    expect(await url({ endpoint: "https://example.com/base/" })).toBe(
      "https://example.com/base/model/a%3A0/converse-stream",
    );
  });

  test("an invalid region never becomes part of a host name", () => {
    for (const region of ["evil.com/", "a b", "", "-x", "us-east-1.evil.com#", "A"]) {
      expect(() => new BedrockClient({ region, apiKey: "k" })).toThrow(BedrockError);
    }
  });
});

describe("retries", () => {
  test("retryable failures are retried before the first event", async () => {
    for (const name of ["http-429", "http-500", "http-503", "html-page", "reset"] as const) {
      const { fake, client } = setUp({
        fault: ({ number }) => (number <= 2 ? { name, afterFrames: 0 } : undefined),
      });
      expect(await textOf(client.converseStream(request))).toContain("Hello!");
      expect(fake.requests).toHaveLength(3);
    }
  });

  test("an exception in the first frame is retried; after an event it is not", async () => {
    for (const [afterFrames, tries] of [
      [0, 2],
      [1, 1],
    ] as const) {
      const { fake, client } = setUp({
        fault: ({ number }) =>
          number === 1 ? { name: "throttlingException", afterFrames } : undefined,
      });
      const { error } = await drain(await client.converseStream(request));
      expect(fake.requests).toHaveLength(tries);
      if (afterFrames === 0) expect(error).toBeUndefined();
      else expect(error).toMatchObject({ code: "THROTTLED" });
    }
  });

  test("other failures are not retried", async () => {
    for (const fault of ["http-400", "http-403", "http-404"] as const) {
      const { fake, client } = setUp({ fault });
      await expect(client.converseStream(request)).rejects.toBeInstanceOf(BedrockError);
      expect(fake.requests).toHaveLength(1);
    }
  });

  test("retries end after maxRetries; retry: false is none", async () => {
    for (const [retry, tries] of [
      [{ ...fast, maxRetries: 2 }, 3],
      [false, 1],
    ] as const) {
      const { fake, client } = setUp({ fault: "http-500" }, { retry });
      await expect(client.converseStream(request)).rejects.toMatchObject({ code: "INTERNAL" });
      expect(fake.requests).toHaveLength(tries);
    }
  });

  test("a Retry-After up to maxRetryAfterMs is waited for; a longer one fails the call", async () => {
    const within = setUp({
      fault: ({ number }) =>
        number === 1 ? { name: "http-429", retryAfterSeconds: 0 } : undefined,
    });
    await drain(await within.client.converseStream(request));
    expect(within.fake.requests).toHaveLength(2);
    const beyond = setUp({ fault: { name: "http-429", retryAfterSeconds: 3600 } });
    await expect(beyond.client.converseStream(request)).rejects.toMatchObject({
      code: "THROTTLED",
      retryAfterMs: 3_600_000,
      message: expect.stringContaining("(Retry-After: 3600 s)") as string,
    });
    expect(beyond.fake.requests).toHaveLength(1);
  });

  test("an abort ends the wait for a retry with its reason", async () => {
    const aborter = new AbortController();
    const { fake, client } = setUp(
      { fault: "http-500" },
      { retry: { initialDelayMs: 1e6, maxDelayMs: 1e6, jitter: 0 } },
    );
    const call = client.converseStream(request, { signal: aborter.signal });
    await vi.waitFor(() => expect(fake.requests[0]?.status).toBe(500));
    aborter.abort("enough");
    await expect(call).rejects.toBe("enough");
  });
});

describe("time limits", () => {
  test("no response within firstByteTimeoutMs is FIRST_BYTE_TIMEOUT", async () => {
    const options = { firstByteTimeoutMs: 30, retry: false } as const;
    const { client } = setUp({ fault: "no-response" }, options);
    await expect(client.converseStream(request)).rejects.toMatchObject({
      code: "FIRST_BYTE_TIMEOUT",
      retryable: true,
    });
  });

  test("headers without bytes within firstByteTimeoutMs are FIRST_BYTE_TIMEOUT and close the connection", async () => {
    const options = { firstByteTimeoutMs: 30, idleTimeoutMs: 5, retry: false } as const;
    const { fake, client } = setUp({ fault: { name: "stall", afterFrames: 0 } }, options);
    await expect(client.converseStream(request)).rejects.toMatchObject({
      code: "FIRST_BYTE_TIMEOUT",
    });
    await vi.waitFor(() => expect(fake.requests[0]?.cancelled).toBe(true));
  });

  test("idleTimeoutMs does not limit the wait for the first bytes", async () => {
    const { client } = setUp({ firstByteDelayMs: 60 }, { idleTimeoutMs: 20 });
    expect(await textOf(client.converseStream(request))).toContain("Hello!");
  });

  test("firstByteTimeoutMs ends with the first bytes", async () => {
    const options = { firstByteTimeoutMs: 300, idleTimeoutMs: 600 };
    const { client } = setUp({ fault: "stall" }, options);
    const { values, error } = await drain(await client.converseStream(request));
    expect(values.length).toBeGreaterThan(1);
    expect(error).toMatchObject({ code: "IDLE_TIMEOUT" });
  });

  test("Infinity is no time limit", async () => {
    const { client } = setUp({}, { idleTimeoutMs: Infinity, firstByteTimeoutMs: Infinity });
    expect(await textOf(client.converseStream(request))).toContain("Hello!");
  });
});

describe("aborts", () => {
  const reason = new Error("no longer wanted");

  test("aborted before the call, nothing is sent", async () => {
    const { fake, client } = setUp();
    const signal = AbortSignal.abort(reason);
    await expect(client.converseStream(request, { signal })).rejects.toBe(reason);
    expect(fake.requests).toHaveLength(0);
  });

  test("aborted during the wait for the response, the call rejects with the reason", async () => {
    const aborter = new AbortController();
    const deaf: Fetch = () => new Promise(() => undefined);
    const { client } = setUp({}, { fetch: deaf });
    const call = client.converseStream(request, { signal: aborter.signal });
    setTimeout(() => aborter.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
  });

  test("aborted during the wait for credentials, the call rejects with the reason", async () => {
    const aborter = new AbortController();
    const credentials = () => new Promise<never>(() => undefined);
    const options = { apiKey: undefined, credentials, region: "us-east-1" };
    const { client } = setUp({}, options);
    const call = client.converseStream(request, { signal: aborter.signal });
    setTimeout(() => aborter.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
  });

  test("aborted inside the response, reading rejects with the reason and the connection is closed", async () => {
    const aborter = new AbortController();
    const { fake, client } = setUp({ fault: "stall" });
    const response = await client.converseStream(request, { signal: aborter.signal });
    setTimeout(() => aborter.abort(reason), 20);
    const { values, error } = await drain(response);
    expect(values.length).toBeGreaterThan(1);
    expect(error).toBe(reason);
    await vi.waitFor(() => expect(fake.requests[0]?.cancelled).toBe(true));
  });

  test("no listener of the signal is left after the response", async () => {
    const aborter = new AbortController();
    const remove = vi.spyOn(aborter.signal, "removeEventListener");
    const add = vi.spyOn(aborter.signal, "addEventListener");
    const { client } = setUp();
    const { error } = await drain(await client.converseStream(request, { signal: aborter.signal }));
    expect(error).toBeUndefined();
    expect(add.mock.calls.length).toBeGreaterThan(0);
    const removed = new Set(remove.mock.calls.map(([, listener]) => listener));
    for (const [, listener] of add.mock.calls) expect(removed).toContain(listener);
  });
});

describe("timers", () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => vi.useRealTimers());

  test("no timer is left after a response, a failure, a refusal, or an early end of the loop", async () => {
    const whole = setUp();
    await drain(await whole.client.converseStream(request));
    expect(vi.getTimerCount()).toBe(0);
    const broken = setUp({ fault: "message-checksum" });
    expect((await drain(await broken.client.converseStream(request))).error).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
    const refused = setUp({ fault: "http-400" });
    await expect(refused.client.converseStream(request)).rejects.toBeInstanceOf(BedrockError);
    expect(vi.getTimerCount()).toBe(0);
    for await (const event of await whole.client.converseStream(request)) {
      expect(event.type).toBe("messageStart");
      break;
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("leaving the loop, cancel() and await using close the connection", async () => {
  const { fake, client } = setUp({ fault: "stall" });
  for await (const event of await client.converseStream(request)) {
    expect(event.type).toBe("messageStart");
    break;
  }
  await (await client.converseStream(request)).cancel();
  const disposable = (await client.converseStream(request)) as unknown as Record<
    symbol,
    () => void
  >;
  const { asyncDispose } = Symbol as unknown as { asyncDispose: symbol };
  disposable[asyncDispose]?.();
  await vi.waitFor(() => {
    expect(fake.requests.map(({ cancelled }) => cancelled)).toEqual([true, true, true]);
  });
});

test("a failed connection is NETWORK, with the message of its cause", async () => {
  const cause = new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
  const { client } = setUp({}, { fetch: () => Promise.reject(cause), retry: false });
  const error: unknown = await client.converseStream(request).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "NETWORK", retryable: true, cause });
  expect((error as Error).message).toContain("ECONNREFUSED");
});

test("only the start of an error body is read", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(16_384).fill(65));
    },
  });
  const fetch: Fetch = () => Promise.resolve(new Response(endless, { status: 400 }));
  const { client } = setUp({}, { fetch });
  const error: unknown = await client.converseStream(request).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "VALIDATION" });
  expect((error as Error).message.length).toBeLessThan(500);
  expect(pulled).toBeLessThan(10);
});

test("the exception's name may be in the body alone", async () => {
  const body = '{"__type":"com.amazon.coral.service#ExpiredTokenException","Message":"expired"}';
  const fetch: Fetch = () => Promise.resolve(new Response(body, { status: 400 }));
  const { client } = setUp({}, { fetch });
  await expect(client.converseStream(request)).rejects.toMatchObject({
    code: "ACCESS_DENIED",
    exceptionType: "ExpiredTokenException",
    message: "Bedrock refused the request with HTTP 400 ExpiredTokenException: expired",
  });
});

test("cancel() closes the connection while agent events are read", async () => {
  const { fake, client } = setUp({ fault: { name: "stall", afterFrames: 3 } });
  const response = await client.converseStream(request);
  const events = response.toAgentEvents();
  expect((await events.next()).value).toMatchObject({ type: "token" });
  const rest = drain(events);
  await response.cancel();
  await vi.waitFor(() => expect(fake.requests[0]?.cancelled).toBe(true));
  await rest;
});

test("a response that arrives after the abort is closed, with a fetch that ignores its signal", async () => {
  let response: (response: Response) => void = () => undefined;
  const fetch: Fetch = () => new Promise((resolve) => (response = resolve));
  const { client } = setUp({}, { fetch });
  const aborter = new AbortController();
  const call = client.converseStream(request, { signal: aborter.signal });
  // The credentials are asked for first, if it is only for a turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve));
  const reason = new Error("enough");
  aborter.abort(reason);
  await expect(call).rejects.toBe(reason);
  const cancelled = new Promise((resolve) => {
    response(new Response(new ReadableStream({ cancel: resolve })));
  });
  await cancelled;
});

test.each([
  [400, "VALIDATION", false],
  [401, "ACCESS_DENIED", false],
  [404, "NOT_FOUND", false],
  [408, "MODEL_TIMEOUT", true],
  [413, "VALIDATION", false],
  [418, "UNMODELED_EXCEPTION", false],
  [425, "UNMODELED_EXCEPTION", true],
  [429, "THROTTLED", true],
  [500, "INTERNAL", true],
  [501, "INTERNAL", false],
  [502, "SERVICE_UNAVAILABLE", true],
  [503, "SERVICE_UNAVAILABLE", true],
  [504, "SERVICE_UNAVAILABLE", true],
  [520, "INTERNAL", true],
] as const)("HTTP %i without an exception's name is %s", async (status, code, retryable) => {
  const fetch: Fetch = () => Promise.resolve(new Response("from a proxy", { status }));
  const { client } = setUp({}, { fetch, retry: false });
  await expect(client.converseStream(request)).rejects.toMatchObject({ code, status, retryable });
});

test("an event may arrive in many chunks; the silence between them is limited", async () => {
  const { client } = setUp({ sliceBytes: 1 });
  expect(await textOf(client.converseStream(request))).toContain("Hello!");
  const stalled = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([0, 0, 0])),
  });
  const fetch: Fetch = () => Promise.resolve(new Response(stalled));
  const silent = setUp({}, { fetch, retry: false, idleTimeoutMs: 20 });
  await expect(silent.client.converseStream(request)).rejects.toMatchObject({
    code: "IDLE_TIMEOUT",
  });
});

test("a response that was read in part goes on as agent events", async () => {
  const { client } = setUp();
  const response = await client.converseStream(request);
  for (let read = 0; read < 3; read++) await response[Symbol.asyncIterator]().next();
  const { values, error } = await drain(response.toAgentEvents());
  expect(error).toBeUndefined();
  expect(values.at(-1)).toMatchObject({ type: "done", stop_reason: "end_turn" });
});
