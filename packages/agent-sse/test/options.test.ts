import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  AgentEventParser,
  AgentStreamEmitter,
  AgentStreamError,
  MemoryEventStore,
  TokenBatcher,
  agentEvent,
  agentStreamResponse,
  batchTokens,
  connectAgentStream,
  defineEvents,
  formatAgentEvent,
  readAgentEvents,
  resumableResponse,
} from "../src/index.ts";
import { agUiResponse, toAgUi } from "../src/interop/ag-ui.ts";
import { toUiMessageChunks, uiMessageResponse } from "../src/interop/ai-sdk.ts";
import { AgentStreamView } from "../src/view/react.ts";

/** What each kind of option refuses, next to the name of the kind. */
const wrong = {
  text: [5, null, {}],
  function: ["later", null, {}],
  boolean: ["yes", 1, null],
  signal: [new AbortController(), "stop", null],
  timeLimit: [0, -1, Number.NaN, "5", null],
  interval: [-1, Number.NaN, Infinity, "5", null],
  count: [0, -1, 1.5, Number.NaN, "5", null],
  countOrNone: [-1, 1.5, Number.NaN, "5", null],
  names: ["accept", [5], null],
  name: ["", 5, null],
  milliseconds: [-1, 1.5, Number.NaN, Infinity, "5", null],
  duration: [-1, Number.NaN, "5", null],
  until: ["don", "open", true, null],
  credentials: ["yes", true, null],
  format: ["pyhton", true, null],
  schema: [{}, "zod", () => true, null],
  headers: ["accept", 5, null],
  object: ["accept", 5, null],
  retry: [true, "no"],
};

type Kinds = Record<string, keyof typeof wrong>;
type Options = Record<string, unknown>;

const parserOptions: Kinds = { schema: "schema", maxEventLength: "count", lastEventId: "text" };
const connectOptions: Kinds = {
  ...parserOptions,
  ...{ headers: "headers", credentials: "credentials", fetch: "function", signal: "signal" },
  ...{ retry: "retry", idleTimeoutMs: "timeLimit", until: "until", onStateChange: "function" },
  ...{ redirectHeaders: "names", lastEventIdParam: "name", maxRestarts: "countOrNone" },
};
const responseOptions: Kinds = {
  ...{ keepAliveMs: "timeLimit", signal: "signal", headers: "object" },
  ...{ retryMs: "milliseconds", format: "format", onError: "function" },
  ...{ writeTimeoutMs: "timeLimit", resumable: "boolean" },
};
const uiOptions: Kinds = { messageId: "text", messageMetadata: "function" };

const url = "https://example.com/events";
const token = agentEvent.token("Hi");
const request = new Request(url);
const noEvents = (async function* () {
  yield* await Promise.resolve([]);
})();

/** Every public entry that takes options: what it does with them, and the kind of each. */
const entries: Record<string, [use: (options: never) => unknown, kinds: Kinds]> = {
  AgentEventParser: [
    (options) => new AgentEventParser(options),
    { ...parserOptions, onRetry: "function" },
  ],
  readAgentEvents: [
    (options) => readAgentEvents([], options),
    { ...parserOptions, signal: "signal", idleTimeoutMs: "timeLimit" },
  ],
  connectAgentStream: [(options) => connectAgentStream(url, options), connectOptions],
  AgentStreamView: [
    (options) => new AgentStreamView(url, options),
    {
      ...connectOptions,
      ...{ onEvent: "function", pauseWhenHidden: "boolean" },
      ...{ schedule: "function", reducer: "function" },
    },
  ],
  "AgentStreamView.setOptions": [
    (options) => new AgentStreamView(url).setOptions(options),
    { until: "until", schedule: "function" },
  ],
  agentStreamResponse: [(options) => agentStreamResponse([], options), responseOptions],
  resumableResponse: [
    (options) => resumableResponse(request, new MemoryEventStore(), "s", options),
    { ...responseOptions, lastEventId: "text", lastEventIdParam: "name" },
  ],
  uiMessageResponse: [
    (options) => uiMessageResponse([], options),
    {
      ...uiOptions,
      ...{ keepAliveMs: "timeLimit", signal: "signal" },
      ...{ headers: "object", onError: "function" },
      ...{ writeTimeoutMs: "timeLimit", resumable: "boolean" },
    },
  ],
  toUiMessageChunks: [(options) => toUiMessageChunks([], options), uiOptions],
  agUiResponse: [
    (options) => agUiResponse([], options),
    {
      ...{ threadId: "text", runId: "text", keepAliveMs: "timeLimit", signal: "signal" },
      ...{ headers: "object", onError: "function" },
      ...{ writeTimeoutMs: "timeLimit", resumable: "boolean" },
    },
  ],
  toAgUi: [(options) => toAgUi([], options), { threadId: "text", runId: "text" }],
  batchTokens: [
    (options) => batchTokens(noEvents, options),
    { intervalMs: "interval", signal: "signal" },
  ],
  TokenBatcher: [
    (options) => new TokenBatcher(options),
    { intervalMs: "interval", now: "function" },
  ],
  MemoryEventStore: [
    (options) => new MemoryEventStore(options),
    { maxBytes: "count", maxEvents: "count", retentionMs: "duration", now: "function" },
  ],
  "MemoryEventStore.current": [
    (options) => new MemoryEventStore().current("s", options),
    { signal: "signal" },
  ],
  "MemoryEventStore.readAfter": [
    (options) => new MemoryEventStore().readAfter("s", undefined, options),
    { signal: "signal" },
  ],
  formatAgentEvent: [
    (options) => formatAgentEvent(token, options),
    { retryMs: "milliseconds", format: "format" },
  ],
  AgentStreamEmitter: [(options) => new AgentStreamEmitter(options), { format: "format" }],
  defineEvents: [(options) => defineEvents(options), { "order.placed": "schema" }],
};

const retryOptions = {
  initialDelayMs: [0, -1, Number.NaN, "5"],
  maxDelayMs: [0, -1, Number.NaN, "5"],
  multiplier: [0.5, Number.NaN],
  maxRetries: [-1, 1.5, Number.NaN],
  jitter: [-0.1, 1.1, Number.NaN],
  maxRetryAfterMs: [-1, Number.NaN],
};

async function outcome(use: (options: never) => unknown, options: Options): Promise<unknown> {
  try {
    await use(options as never);
    return "accepted";
  } catch (error) {
    return error;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(Object.entries(entries))("%s", (_, [use, kinds]) => {
  test("treats an explicit undefined as left out", async () => {
    const options = Object.fromEntries(Object.keys(kinds).map((name) => [name, undefined]));
    expect(await outcome(use, options)).toBe("accepted");
  });

  test.each(
    Object.entries(kinds).flatMap(([name, kind]) =>
      wrong[kind].map((value): [string, unknown] => [name, value]),
    ),
  )("refuses %s: %s", async (name, value) => {
    const error = await outcome(use, { [name]: value });
    expect(error).toBeInstanceOf(AgentStreamError);
    expect(error).toMatchObject({ code: "INVALID_OPTION", retryable: false });
    expect((error as Error).message).toMatch(new RegExp(`${name} is .+: expected .+`));
  });

  test("starts no timer", async () => {
    await outcome(use, {});
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each(["connectAgentStream", "AgentStreamView"])("%s", (entry) => {
  test.each(
    Object.entries(retryOptions).flatMap(([name, values]) =>
      values.map((value): [string, unknown] => [name, value]),
    ),
  )("refuses retry.%s: %s", async (name, value) => {
    const [use] = entries[entry] ?? [];
    const error = await outcome(use ?? (() => undefined), { retry: { [name]: value } });
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect((error as Error).message).toContain(`retry.${name} is `);
  });
});

test("an AgentStreamError is immutable and states whether it is retryable", () => {
  const issues = [{ message: "too long" }];
  const cause = new Error("why");
  const facts = { lastEventId: "7", status: 503, url, body: "busy", retryAfterMs: 5, issues };
  const error = new AgentStreamError("UNEXPECTED_STATUS", "No.", {
    ...facts,
    cause,
    retryable: true,
  });
  expect(error).toMatchObject({ ...facts, cause, retryable: true, code: "UNEXPECTED_STATUS" });
  for (const name of ["code", "retryable", ...Object.keys(facts)]) {
    expect(Object.getOwnPropertyDescriptor(error, name)).toMatchObject({ writable: false });
  }
  const bare = new AgentStreamError("STREAM_CLOSED", "No.");
  expect(bare.retryable).toBe(false);
  expect(bare).not.toHaveProperty("status");
});
