import { afterEach, expect, test, vi } from "vitest";
import {
  AgentStreamError,
  agentEvent,
  agentStreamResponse,
  formatAgentEvent,
  readAgentEvents,
  type ReceivedEvent,
} from "../../src/index.ts";
import { Feed } from "../support/feed.ts";

afterEach(() => {
  vi.useRealTimers();
});

const encoder = new TextEncoder();
const frame = (text: string, id?: string) =>
  encoder.encode(formatAgentEvent(agentEvent.token(text), { id }));
const done = encoder.encode(formatAgentEvent(agentEvent.done()));

async function readAll(source: Parameters<typeof readAgentEvents>[0]) {
  const received: ReceivedEvent[] = [];
  try {
    for await (const each of readAgentEvents(source)) received.push(each);
  } catch (error) {
    return { received, error: error as AgentStreamError };
  }
  return { received, error: undefined };
}

test("readAgentEvents reads chunks, a stream and a response", async () => {
  const expected = [
    { event: agentEvent.token("a"), id: undefined },
    { event: agentEvent.done(), id: undefined },
  ];
  const events = [agentEvent.token("a"), agentEvent.done()];
  const sources = [
    [frame("a"), done],
    agentStreamResponse(events).body ?? [],
    agentStreamResponse(events),
  ];
  for (const source of sources) {
    expect(await readAll(source)).toEqual({ received: expected, error: undefined });
  }
});

test("a batch holds the events that one chunk completes, and is never empty", async () => {
  const two = new Uint8Array([...frame("a"), ...frame("b", "2")]);
  const batches = [];
  const source = [two, frame("c").slice(0, 5), frame("c").slice(5), done];
  for await (const batch of readAgentEvents(source).batches()) batches.push(batch);
  expect(batches.map((batch) => batch.map(({ event }) => event.type))).toEqual([
    ...[["token", "token"], ["token"], ["done"]],
  ]);
});

test("a stream without done is incomplete, and its error has the position", async () => {
  const { received, error } = await readAll([frame("a", "17")]);
  expect(received).toHaveLength(1);
  expect(error).toMatchObject({ code: "INCOMPLETE_STREAM", lastEventId: "17" });
  const empty = await readAll([]);
  expect(empty.error).toMatchObject({ code: "INCOMPLETE_STREAM" });
  expect(empty.error).not.toHaveProperty("lastEventId");
});

test("the events before bad input come out before the error, also in batches", async () => {
  const chunk = new Uint8Array([...frame("a"), ...encoder.encode("event: token\ndata: x\n\n")]);
  const { received, error } = await readAll([chunk]);
  expect(received).toHaveLength(1);
  expect(error?.code).toBe("INVALID_PAYLOAD");
  const batches: ReceivedEvent[][] = [];
  const reading = (async () => {
    for await (const batch of readAgentEvents([chunk]).batches()) batches.push(batch);
  })();
  await expect(reading).rejects.toMatchObject({ code: "INVALID_PAYLOAD" });
  expect(batches).toHaveLength(1);
});

test("a wrong status is an error with the start of the body", async () => {
  const response = new Response("x".repeat(5000), { status: 503 });
  const { error } = await readAll(response);
  expect(error).toBeInstanceOf(AgentStreamError);
  expect(error).toMatchObject({ code: "UNEXPECTED_STATUS", status: 503, body: "x".repeat(1000) });
});

test("a wrong content type is an error with the start of the body", async () => {
  const headers = { "content-type": "text/html" };
  const { error } = await readAll(new Response("<p>Sign in</p>", { headers }));
  expect(error).toMatchObject({
    ...{ code: "UNEXPECTED_CONTENT_TYPE", status: 200, body: "<p>Sign in</p>" },
    message: expect.stringContaining("text/html") as string,
  });
  const { error: none } = await readAll(new Response(null));
  expect(none).toMatchObject({ code: "UNEXPECTED_CONTENT_TYPE", body: "" });
});

test("a body that trickles does not delay the error of its status", async () => {
  vi.useFakeTimers();
  const feed = new Feed<Uint8Array>();
  feed.push(encoder.encode("wait"));
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await feed.next();
      if (value) controller.enqueue(value);
    },
    cancel: () => feed.return().then(() => undefined),
  });
  const reading = readAll(new Response(body, { status: 500 }));
  await vi.advanceTimersByTimeAsync(1000);
  expect((await reading).error).toMatchObject({ status: 500, body: "wait" });
  expect(feed.returned).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("an error of the source is thrown unchanged", async () => {
  async function* broken() {
    yield await Promise.resolve(frame("a"));
    throw new TypeError("network");
  }
  const { received, error } = await readAll(broken());
  expect(received).toHaveLength(1);
  expect(error).toEqual(new TypeError("network"));
});

test("leaving the loop of readAgentEvents cancels the source", async () => {
  const feed = new Feed<Uint8Array>();
  feed.push(frame("a"));
  for await (const { event } of readAgentEvents(feed)) {
    expect(event.type).toBe("token");
    break;
  }
  expect(feed.returned).toBe(1);
  const batched = new Feed<Uint8Array>();
  batched.push(frame("a"));
  for await (const batch of readAgentEvents(batched).batches()) {
    expect(batch).toHaveLength(1);
    break;
  }
  expect(batched.returned).toBe(1);
});

test("leaving before the first event cancels the response", async () => {
  const feed = new Feed<never>();
  const response = agentStreamResponse(feed);
  await readAgentEvents(response).return(undefined);
  expect(feed.returned).toBe(1);
});

test("an abort rejects readAgentEvents immediately, even if more events have arrived", async () => {
  const controller = new AbortController();
  const feed = new Feed<Uint8Array>();
  feed.push(new Uint8Array([...frame("a"), ...frame("b")]));
  const events = readAgentEvents(feed, { signal: controller.signal });
  await events.next();
  controller.abort("enough");
  await expect(events.next()).rejects.toBe("enough");
  expect(await events.next()).toEqual({ done: true, value: undefined });
  expect(feed.returned).toBeGreaterThan(0);

  const silent = new Feed<Uint8Array>();
  const other = new AbortController();
  const waiting = readAgentEvents(silent, { signal: other.signal }).next();
  other.abort("now");
  await expect(waiting).rejects.toBe("now");
  expect(silent.returned).toBeGreaterThan(0);
});

test("readAgentEvents fails after idleTimeoutMs of silence; a comment is not silence", async () => {
  vi.useFakeTimers();
  const feed = new Feed<Uint8Array>();
  const events = readAgentEvents(feed, { idleTimeoutMs: 1000 });
  feed.push(frame("a", "5"));
  await events.next();
  const next = events.next();
  const failed = expect(next).rejects.toMatchObject({ code: "IDLE_TIMEOUT", lastEventId: "5" });
  for (let second = 0; second < 3; second++) {
    await vi.advanceTimersByTimeAsync(900);
    feed.push(encoder.encode(":\n\n"));
  }
  await vi.advanceTimersByTimeAsync(1000);
  await failed;
  expect(feed.returned).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
