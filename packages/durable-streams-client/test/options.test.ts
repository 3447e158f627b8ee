import { describe, expect, test, vi } from "vitest";
import {
  DurableStream,
  FetchError,
  IdempotentProducer,
  InvalidOptionError,
  stream,
} from "../src/index.ts";

const url = "http://localhost:1/stream";
const unused = {
  url,
  contentType: "application/json",
  fetch: () => new Promise<never>(() => undefined),
};
const handle = () => new DurableStream(unused);
const producer = () => new IdempotentProducer(handle(), "p");

/** An entry of the package, called with options of any kind. */
type Entry = (options: never) => unknown;

/** The invalid values of each option. */
type InvalidValues = Record<string, readonly unknown[]>;

const notText = [5, "", null, {}];
const notBoolean = ["yes", 1, null];
const notTime = [NaN, 0, -1, "5", null];
const notCount = [NaN, 0, -1, 1.5, Infinity, "5", null];
const notFunction = ["f", {}, null];
const notSignal = { signal: [new EventTarget(), "abort", null] };

const endpoint: InvalidValues = {
  ...notSignal,
  headers: ["a: b", null],
  params: ["a=b", null],
  redirectHeaders: ["x-api-key", [5], null],
  onError: notFunction,
  retry: [true, "never", 5],
  "retry.maxRetries": [NaN, -1, 1.5, "5"],
  "retry.initialDelayMs": [NaN, 0, -1, "5"],
  "retry.maxDelayMs": [NaN, 0, -1, "5"],
  "retry.multiplier": [NaN, 0.5, "2"],
  "retry.jitter": [NaN, -0.1, 1.1, "1"],
  "retry.maxRetryAfterMs": [NaN, -1, "5"],
  fetch: notFunction,
  dispatcher: [{}, "agent", null],
  timeoutMs: notTime,
  warnOnHttp: notBoolean,
};
const reading: InvalidValues = {
  ...endpoint,
  offset: notText,
  live: ["SSE", "long poll", null],
  catchUp: notBoolean,
  schema: [{}, "schema", null],
  etag: notText,
  liveTimeoutMs: notTime,
  sseFirstEventMs: notTime,
  pauseWhenHidden: notBoolean,
  onStatus: notFunction,
  onCut: ["fail", true, null],
};
const handleOptions: InvalidValues = {
  ...endpoint,
  contentType: notText,
  batching: notBoolean,
  maxBatchBytes: notCount,
  retryAppends: [true, "never", null],
};
const lifetime: InvalidValues = {
  ttlSeconds: [NaN, -1, 0.5, Infinity, "60", null],
  expiresAt: ["soon", new Date(NaN), 5, null],
};
const appending: InvalidValues = { ...notSignal, seq: ["", "\n", " a", 5, null] };

const entries: readonly (readonly [name: string, entry: Entry, invalid: InvalidValues])[] = [
  ["stream()", (options) => stream(url, options), reading],
  [
    "new DurableStream()",
    (options: object | null) => new DurableStream((options && { url, ...options }) as never),
    handleOptions,
  ],
  [
    "DurableStream.create()",
    (options: object | null) =>
      DurableStream.create((options && { ...unused, ...options }) as never),
    { ...handleOptions, ...lifetime, closed: notBoolean },
  ],
  [
    "DurableStream.connect()",
    (options: object | null) =>
      DurableStream.connect((options && { ...unused, ...options }) as never),
    handleOptions,
  ],
  ["a handle's stream()", (options) => handle().stream(options), reading],
  [
    "fork()",
    (options) => handle().fork(`${url}-fork`, options),
    {
      ...{ ...endpoint, ...lifetime, contentType: notText },
      ...{ offset: notText, subOffset: [NaN, -1, 0.5, Infinity, "1", null] },
    },
  ],
  ["head()", (options) => handle().head(options), notSignal],
  ["append()", (options) => handle().append(1, options), appending],
  ["appendStream()", (options) => handle().appendStream([1], options), appending],
  ["close()", (options) => handle().close(1, options), notSignal],
  ["delete()", (options) => handle().delete(options), notSignal],
  [
    "writable()",
    (options) => handle().writable(options),
    { closeStream: notBoolean, maxPendingBytes: notCount },
  ],
  [
    "a producer's writable()",
    (options) => producer().writable(options),
    { closeStream: notBoolean },
  ],
  [
    "new IdempotentProducer()",
    (options) => new IdempotentProducer(handle(), "p", options),
    {
      epoch: [NaN, -1, 0.5, Infinity, "1", null],
      autoClaim: notBoolean,
      replay: notBoolean,
      maxPendingBytes: notCount,
      lingerMs: [NaN, -1, "5", null],
      maxBatchBytes: notCount,
      maxBatchItems: [NaN, 0, -1, 1.5, "5", null],
      onError: notFunction,
    },
  ],
  ["a producer's flush()", (options) => producer().flush(options), notSignal],
  ["a producer's detach()", (options) => producer().detach(options), notSignal],
];

describe.each(entries)("%s", (_name, entry, invalid) => {
  const cases = Object.entries(invalid).flatMap(([option, values]) =>
    values.map((value) => [option, value] as const),
  );

  test.each(cases)("rejects %s: %j before anything is sent", async (option, value) => {
    const [group = "", name] = option.split(".");
    const options = { [group]: name === undefined ? value : { [name]: value } };
    const failed = Promise.resolve().then(() => entry(options as never));
    await expect(failed).rejects.toThrow(InvalidOptionError);
    await expect(failed).rejects.toMatchObject({ code: "INVALID_OPTION", maybeStored: false });
    const error = (await failed.catch((error: unknown) => error)) as Error;
    expect(error.message).toContain(option);
    if (option === "headers" || option === "params") return; // which are secret
    if (typeof value === "number" || value === null) expect(error.message).toContain(String(value));
    if (typeof value === "string") expect(error.message).toContain(JSON.stringify(value));
  });

  test("rejects options that are not an object", async () => {
    const failed = Promise.resolve().then(() => entry(null as never));
    await expect(failed).rejects.toThrow(InvalidOptionError);
    await expect(failed).rejects.toThrow("options is null: expected an object.");
  });
});

test.each<[string, unknown, object, RegExp]>([
  ["no URL", undefined, {}, /url is null: expected an absolute/],
  ["a relative URL", "/stream", {}, /url is "\/stream": expected an absolute/],
  ["another protocol", "ftp://host/x", {}, /https/],
  ["credentials in the URL", "http://a:b@localhost/x", {}, /credentials/],
  ["a reserved parameter in the URL", "http://localhost/x?live=sse", {}, /live/],
  ["an offset of a query", url, { offset: "1&live=sse" }, /offset "1&live=sse"/],
  ["a reserved parameter", url, { params: { live: "sse" } }, /params.live/],
  ["a parameter that is not text", url, { params: { a: 5 } }, /params.a is of type number/],
  ["a header that HTTP cannot carry", url, { headers: { a: "b\n" } }, /header "a"/],
  ["a header's name that HTTP cannot carry", url, { headers: { "a b": "" } }, /header "a b"/],
  ["a header that is not text", url, { headers: { a: 5 } }, /header "a"/],
  ["an etag while live", url, { etag: "1" }, /live: false/],
  [
    "a maxDelayMs below initialDelayMs",
    url,
    { retry: { initialDelayMs: 9, maxDelayMs: 8 } },
    /maxDelay/,
  ],
])("stream() rejects %s before anything is sent", async (_name, target, options, message) => {
  const failed = stream(target as string, options);
  await expect(failed).rejects.toThrow(InvalidOptionError);
  await expect(failed).rejects.toThrow(message);
});

test.each<[string, unknown]>([
  ["no id", undefined],
  ["an empty id", ""],
  ["an id that no header can carry", "a\r\nb"],
])("a producer rejects %s", (_name, id) => {
  expect(() => new IdempotentProducer(handle(), id as string)).toThrow(/producerId/);
});

test("a producer rejects a stream that is not a DurableStream", () => {
  expect(() => new IdempotentProducer(null as unknown as DurableStream, "p")).toThrow(
    InvalidOptionError,
  );
});

test.each<[string, object, RegExp]>([
  ["both lifetimes", { ttlSeconds: 1, expiresAt: new Date() }, /exclude/],
  ["an aborted signal", { signal: AbortSignal.abort(new Error("aborted")) }, /aborted/],
])("create() rejects %s before anything is sent", async (_name, options, message) => {
  await expect(DurableStream.create({ ...unused, ...options })).rejects.toThrow(message);
});

test("a URL that is not encrypted is warned about once per host", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const failing = { fetch: () => Promise.reject(new TypeError("no")), retry: false } as const;
  for (const target of ["http://a.example/x", "http://a.example/y", "http://127.0.0.1:1/x"]) {
    await expect(stream(target, failing)).rejects.toThrow(FetchError);
  }
  await expect(stream("http://b.example", { ...failing, warnOnHttp: false })).rejects.toThrow();
  expect(warn.mock.calls.length).toBe(1);
  expect(warn.mock.calls[0]?.[0]).toContain("http://a.example");
  warn.mockRestore();
});
