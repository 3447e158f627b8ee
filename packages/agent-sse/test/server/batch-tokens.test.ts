import type { AgentEvent } from "@freshet/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { agentEvent, batchTokens } from "../../src/index.ts";
import { Feed } from "../support/feed.ts";

const token = (text: string) => agentEvent.token(text);

async function collect(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const all: AgentEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function* from(events: readonly AgentEvent[]) {
  for (const event of events) yield await Promise.resolve(event);
}

test("batchTokens joins text of one type and keeps all events in order", async () => {
  const tool = agentEvent.toolUse("t", "1");
  const events = [
    ...[token("a"), token("b"), agentEvent.thinking("c"), agentEvent.thinking("d"), token("e")],
    ...[tool, token("f"), token("g"), agentEvent.done()],
  ];
  expect(await collect(batchTokens(from(events), { intervalMs: 1e6 }))).toEqual([
    ...[token("ab"), agentEvent.thinking("cd"), token("e"), tool, token("fg"), agentEvent.done()],
  ]);
});

test("batchTokens with an interval of 0 changes nothing", async () => {
  const events = [token("a"), token("b"), agentEvent.thinking("c"), agentEvent.done()];
  expect(await collect(batchTokens(from(events), { intervalMs: 0 }))).toEqual(events);
});

test("batchTokens does not join text events with more fields", async () => {
  const own = { ...token("b"), language: "en" };
  const events = [token("a"), own, token("c"), token("d")];
  expect(await collect(batchTokens(from(events), { intervalMs: 1e6 }))).toEqual([
    ...[token("a"), own, token("cd")],
  ]);
});

test("batchTokens neither loses nor moves text, for any events and any interval", async () => {
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.string().map(token) },
    { weight: 2, arbitrary: fc.string().map((text) => agentEvent.thinking(text)) },
    fc.nat().map((number) => agentEvent.turn(number)),
  );
  const flat = (events: AgentEvent[]) => {
    const runs: string[] = [];
    let last = "";
    for (const each of events) {
      const text = "text" in each ? each.text : JSON.stringify(each);
      if (each.type === last && "text" in each) runs.push((runs.pop() ?? "") + text);
      else runs.push(each.type, text);
      last = each.type;
    }
    return runs;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(event), fc.constantFrom(0, 1, 1000), async (events, intervalMs) => {
      expect(flat(await collect(batchTokens(from(events), { intervalMs })))).toEqual(flat(events));
    }),
  );
});

test("batchTokens emits gathered text before the error of its source", async () => {
  async function* broken() {
    yield* from([token("a"), token("b")]);
    throw new Error("broken");
  }
  const seen: AgentEvent[] = [];
  const reading = (async () => {
    for await (const event of batchTokens(broken(), { intervalMs: 1e6 })) seen.push(event);
  })();
  await expect(reading).rejects.toThrow("broken");
  expect(seen).toEqual([token("ab")]);
});

describe("batchTokens over time", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test("sends the gathered tail when the model stalls", async () => {
    const feed = new Feed<AgentEvent>();
    const batched = batchTokens(feed);
    const first = batched.next();
    feed.push(token("a"));
    feed.push(token("b"));
    await vi.advanceTimersByTimeAsync(49);
    feed.push(token("c"));
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toEqual({ done: false, value: token("abc") });
    const second = batched.next();
    feed.push(token("d"));
    await vi.advanceTimersByTimeAsync(50);
    expect(await second).toEqual({ done: false, value: token("d") });
    await batched.return(undefined);
    expect(feed.returned).toBe(1);
  });

  test("an abort rejects immediately with its reason and stops the source", async () => {
    const feed = new Feed<AgentEvent>();
    const controller = new AbortController();
    const batched = batchTokens(feed, { signal: controller.signal });
    const next = batched.next();
    feed.push(token("a"));
    await vi.advanceTimersByTimeAsync(1);
    controller.abort("enough");
    await expect(next).rejects.toBe("enough");
    expect(feed.returned).toBe(1);
    expect(await batched.next()).toEqual({ done: true, value: undefined });
  });

  test("an aborted signal rejects before the source is read", async () => {
    const feed = new Feed<AgentEvent>();
    const batched = batchTokens(feed, { signal: AbortSignal.abort("never") });
    await expect(batched.next()).rejects.toBe("never");
  });

  test("return during a wait ends the wait and stops the source", async () => {
    const feed = new Feed<AgentEvent>();
    const batched = batchTokens(feed);
    const next = batched.next();
    await vi.advanceTimersByTimeAsync(1);
    expect(await batched.return(undefined)).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(feed.returned).toBe(1);
  });
});
