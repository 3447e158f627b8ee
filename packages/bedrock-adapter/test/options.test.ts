import { describe, expect, test, vi } from "vitest";
import {
  BedrockClient,
  BedrockDecoder,
  BedrockError,
  type BedrockClientOptions,
  decodeConverseStream,
  decodeInvokeModelStream,
  parseBedrockEvents,
  toAgentEvents,
} from "../src/index.ts";
import { createFakeBedrock } from "../src/testing/index.ts";

type Options = Record<string, unknown>;

const notTimes = [NaN, 0, -1, "5", null];
const readOptions = { signal: [{}, 5], idleTimeoutMs: notTimes, requestId: ["", 5] };
const frameLimits = {
  maxMessageBytes: [NaN, -1, 15, 2 ** 32, "1"],
  maxHeaderBytes: [NaN, -1, 0.5],
};

const { fetch } = createFakeBedrock();
const clientOptions = { region: "us-east-1", endpoint: "http://fake", apiKey: "key", fetch };
const withDefaults = (options: unknown) =>
  (typeof options === "object"
    ? { ...clientOptions, ...options }
    : options) as BedrockClientOptions;
const client = new BedrockClient(clientOptions);
const request = { modelId: "some.model" };
const response = await client.converseStream(request);

/** Every public entry with options, and values that each of its options refuses. */
const entries: readonly (readonly [
  name: string,
  call: (options: never) => unknown,
  refused: Readonly<Record<string, readonly unknown[]>>,
])[] = [
  [
    "new BedrockClient",
    (options: unknown) => new BedrockClient(withDefaults(options)),
    {
      region: ["eu_1", "evil.com/", "A", "", 5, null],
      apiKey: ["", 5, null],
      credentials: [{}, { accessKeyId: "a", secretAccessKey: "" }, "secret", null],
      endpoint: ["fake", "", "file:///x", 5, null],
      fetch: ["fetch", {}, null],
      retry: [true, 3],
      firstByteTimeoutMs: notTimes,
      idleTimeoutMs: notTimes,
    },
  ],
  [
    "new BedrockClient: retry",
    (retry: Options) => new BedrockClient({ ...clientOptions, retry }),
    {
      "retry.initialDelayMs": [NaN, -1, 0],
      "retry.maxDelayMs": [NaN, -1, 0],
      "retry.multiplier": [NaN, 0.5],
      "retry.maxRetries": [NaN, -1, 0.5],
      "retry.jitter": [NaN, -0.1, 1.1],
      "retry.maxRetryAfterMs": [NaN, -1],
    },
  ],
  [
    "BedrockClient.converseStream",
    (options: Options) => client.converseStream(request, options),
    { signal: [{}, 5] },
  ],
  [
    "BedrockClient.invokeModelStream",
    (options: Options) => client.invokeModelStream({ ...request, body: {} }, options),
    { signal: [{}, 5] },
  ],
  [
    "BedrockResponse.toAgentEvents",
    (options: Options) => response.toAgentEvents(options),
    { model: ["", 5], toolNames: ["x"], errors: ["thorw", true], onInput: [{}] },
  ],
  [
    "toAgentEvents",
    (options: Options) => toAgentEvents([], options),
    { model: ["", 5, null], toolNames: ["x", null], errors: ["thorw", true], onInput: [{}, null] },
  ],
  [
    "decodeConverseStream",
    (options: Options) => decodeConverseStream([], options),
    { ...readOptions, ...frameLimits },
  ],
  [
    "decodeInvokeModelStream",
    (options: Options) => decodeInvokeModelStream([], options),
    { ...readOptions, ...frameLimits },
  ],
  [
    "new BedrockDecoder",
    (options: Options) => new BedrockDecoder(options),
    { ...frameLimits, operation: ["Converse", true, null] },
  ],
  [
    "parseBedrockEvents",
    (options: Options) => parseBedrockEvents(new Uint8Array(0), options),
    frameLimits,
  ],
  [
    "createFakeBedrock",
    (options: Options) => createFakeBedrock(options),
    {
      response: ["text", 5, null, []],
      tokensPerSecond: [NaN, 0, -1, "5"],
      firstByteDelayMs: [NaN, -1],
      fault: ["stal", 5, null],
      apiKey: ["", 5],
      credentials: ["secret", null],
      sliceBytes: [NaN, 0, 0.5],
      seed: [NaN, "1"],
    },
  ],
];

describe.each(entries)("%s", (_, call, refused) => {
  const attempt = async (options: unknown) => await call(options as never);
  const names = Object.keys(refused).map((path) => ({ path, name: path.replace(/^.*\./, "") }));

  test.each(names)("$path may be undefined explicitly", async ({ name }) => {
    await expect(attempt({ [name]: undefined })).resolves.toBeDefined();
  });

  test.each(names)("$path is refused by name with every invalid value", async ({ path, name }) => {
    for (const value of refused[path] ?? []) {
      const error: unknown = await attempt({ [name]: value }).catch((reason: unknown) => reason);
      expect(error, `${name} = ${String(value)}`).toBeInstanceOf(BedrockError);
      expect(error).toMatchObject({ code: "INVALID_OPTION", retryable: false });
      expect((error as Error).message).toMatch(new RegExp(`^${path}(\\.name)? is .*: expected `));
    }
  });
});

test.each(entries.filter(([name]) => name !== "BedrockResponse.toAgentEvents"))(
  "%s refuses options that are not an object",
  async (_, call) => {
    await expect((async () => await call(5 as never))()).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/^(options|retry) is 5: expected an object\.$/) as string,
    });
  },
);

test("the message of an invalid secret does not contain it", () => {
  const options = { ...clientOptions, credentials: { accessKeyId: "AKIA", secretAccessKey: "" } };
  expect(() => new BedrockClient(options)).toThrow(/^credentials is not valid: (?!.*AKIA)/);
});

test("a model id that is missing is refused", async () => {
  for (const modelId of [undefined, ""] as string[]) {
    await expect(client.converseStream({ modelId })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: `modelId is ${JSON.stringify(modelId)}: expected a model id or an ARN.`,
    });
  }
});

test("an explicit undefined in retry waits as the default does", async () => {
  const fake = createFakeBedrock({ fault: "http-500" });
  const retry = {
    ...{ initialDelayMs: 7, jitter: 0, maxRetries: 2 },
    ...({ maxDelayMs: undefined, multiplier: undefined, maxRetryAfterMs: undefined } as object),
  };
  const failing = new BedrockClient({
    ...clientOptions,
    fetch: fake.fetch,
    retry,
  });
  const timers = vi.spyOn(globalThis, "setTimeout");
  try {
    await expect(failing.converseStream(request)).rejects.toMatchObject({ code: "INTERNAL" });
    const waits = timers.mock.calls.map(([, ms]) => ms).filter((ms) => ms === 7 || ms === 14);
    expect(waits).toEqual([7, 14]);
  } finally {
    timers.mockRestore();
  }
});
