import { beforeEach, expect, test, vi } from "vitest";
import * as matching from "../../src/subscriptions/matching-streams.ts";
import { StateStore } from "../../src/subscriptions/state-store.ts";
import { SubscriptionIndex } from "../../src/subscriptions/subscription-index.ts";
import { newState, type SubscriptionState } from "../../src/subscriptions/subscription-state.ts";
import { link } from "../../src/subscriptions/wakes.ts";
import { createDurableStreams, memoryStore } from "../../src/index.ts";

vi.mock(import("../../src/subscriptions/matching-streams.ts"), async (load) => {
  const original = await load();
  return { ...original, patternMatches: vi.fn(original.patternMatches) };
});
const visits = vi.mocked(matching.patternMatches);
beforeEach(() => {
  visits.mockClear();
});

function subscription(id: string, pattern?: string, streams: string[] = []): SubscriptionState {
  const config = { type: "webhook", pattern, streams, leaseTtlMs: 1000 } as const;
  const state = newState(id, config, "", "http://localhost");
  for (const path of streams) link(state, path, "explicit", 0);
  return state;
}

test("an append to another stream visits none of 10,000 subscriptions", () => {
  const index = new SubscriptionIndex();
  for (let n = 0; n < 10_000; n++) {
    index.put(subscription(`s${n}`, `tenants/${n}/**`, [`extra/${n}`]));
  }
  expect([...index.subscribersOf("elsewhere/a")]).toEqual([]);
  expect(visits).toHaveBeenCalledTimes(0);
  expect([...index.subscribersOf("tenants/77/a/b")]).toEqual(["s77"]);
  expect([...index.subscribersOf("extra/77")]).toEqual(["s77"]);
  expect(visits).toHaveBeenCalledTimes(1);
});

test("the index has what the states have, whatever was changed and removed", () => {
  const index = new SubscriptionIndex();
  index.put(subscription("a", "x/*", ["1"]));
  index.put(subscription("b", "**", ["1", "2"]));
  index.put(subscription("a", undefined, ["2", "3"]));
  expect([...index.subscribersOf("x/y")]).toEqual(["b"]);
  expect([...index.linkedTo("1")]).toEqual(["b"]);
  expect([...index.linkedTo("3")]).toEqual(["a"]);
  index.remove("b");
  expect([...index.subscribersOf("2")]).toEqual(["a"]);
  expect([...index.linkedTo("1")]).toEqual([]);
});

test("a pattern does not match the wake stream of its own subscription", () => {
  const index = new SubscriptionIndex();
  const config = { type: "pull-wake", pattern: "**", streams: [], leaseTtlMs: 1000 } as const;
  index.put(newState("s", { ...config, wakeStream: "wake" }, "", ""));
  expect([...index.subscribersOf("wake")]).toEqual([]);
  expect([...index.subscribersOf("other")]).toEqual(["s"]);
  index.put(newState("s", { ...config, wakeStream: "other" }, "", ""));
  expect([...index.subscribersOf("wake")]).toEqual(["s"]);
});

test("a sweep parses only the documents that have changed", async () => {
  const store = memoryStore();
  const [ours, theirs] = [new StateStore(store), new StateStore(store)];
  for (let n = 0; n < 1000; n++) await ours.insert(subscription(`s${n}`, "x/*"));
  await theirs.refresh(0);
  expect(theirs.size).toBe(1000);
  await ours.update("s5", (state) => (state.leaseUntil = 3));
  const parse = vi.spyOn(JSON, "parse");
  await theirs.refresh(1);
  expect(parse).toHaveBeenCalledTimes(1);
  parse.mockRestore();
  expect(theirs.due.until(2)).toEqual([]);
  expect(theirs.due.until(3)).toEqual(["s5"]);
  await store.close();
});

test("a reload forgets what another process removed", async () => {
  const store = memoryStore();
  const [ours, theirs] = [new StateStore(store), new StateStore(store)];
  await ours.insert(subscription("s"));
  await theirs.refresh(0);
  await store.documents.set(
    "subscription/s",
    undefined,
    (await store.documents.get("subscription/s"))?.version,
  );
  await theirs.refresh(60_000);
  expect(theirs.size).toBe(0);
  await store.close();
});

test("the generation of an id never goes back, also after its tombstone has gone", async () => {
  const store = memoryStore();
  const states = new StateStore(store);
  await states.insert(subscription("s"));
  await states.update("s", (state) => (state.generation = 7));
  await states.remove("s");
  expect(await states.find("s")).toBeUndefined();
  expect(states.size).toBe(0);
  const [id = ""] = states.due.until(Infinity);
  expect(id).toBe("s");
  await states.removeTombstone(id);
  expect(await store.documents.list("subscription/")).toEqual([]);
  expect(states.due.until(Infinity)).toEqual([]);
  await states.insert(subscription("s"));
  expect((await states.get("s")).generation).toBe(7);
  await store.close();
});

test("an append through a server with 10,000 subscriptions to other streams reads no document", async () => {
  const store = memoryStore();
  const states = new StateStore(store);
  for (let n = 0; n < 10_000; n++) await states.insert(subscription(`s${n}`, `tenants/${n}/**`));
  const get = vi.spyOn(store.documents, "get");
  const list = vi.spyOn(store.documents, "list");
  const streams = createDurableStreams({ store });
  const headers = { "content-type": "application/json" };
  const append = (path: string) =>
    streams.fetch(new Request(`http://localhost/${path}`, { method: "POST", headers, body: "1" }));
  for (const path of ["a", "tenants/7/a"]) {
    await streams.fetch(new Request(`http://localhost/${path}`, { method: "PUT", headers }));
  }
  // It knows all of them as soon as it has had all pages.
  await expect.poll(() => list.mock.calls.length).toBeGreaterThan(20);
  get.mockClear();
  visits.mockClear();
  for (let n = 0; n < 100; n++) expect((await append("a")).status).toBe(204);
  expect(get.mock.calls.filter(([key]) => key.startsWith("subscription/"))).toEqual([]);
  expect((await append("tenants/7/a")).status).toBe(204);
  await expect.poll(() => get.mock.calls.map(([key]) => key)).toContain("subscription/s7");
  await streams.close();
});
