import { assert } from "./assert.ts";
import { appendText, bytes, createText, readText, tailOf, until } from "./fixtures.ts";
import type { TestGroup } from "./store-under-test.ts";

/** Creation, expiry, deletion. */
export const lifecycleTests: TestGroup = {
  "of several requests to create a stream one creates it": async ({ store }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, () => createText(store, "made", { data: bytes("first") })),
    );
    const statuses = outcomes.map(({ status }) => status).sort();
    assert.deepEqual(statuses, ["created", ...Array<string>(15).fill("exists")]);
    assert.equal(await readText(store, "made"), "first");
    const other = await createText(store, "made", { ttlSeconds: 60 });
    assert.equal(other.status, "conflict");
  },

  "a store has no more streams than its limit": async ({ store }) => {
    const create = (path: string) => createText(store, path, { maxStreams: 3 });
    const statuses: string[] = [];
    for (const path of ["a", "b", "c", "d", "a"]) statuses.push((await create(path)).status);
    assert.deepEqual(statuses, ["created", "created", "created", "too-many-streams", "exists"]);
    await store.delete("a");
    assert.equal((await create("d")).status, "created");
  },

  "a stream expires at its absolute time, and its path is free again": async ({ store }) => {
    await createText(store, "ends", { expiresAt: Date.now() + 2000, data: bytes("old") });
    assert.equal(await readText(store, "ends"), "old");
    await until("the expiry", async () => (await store.head("ends")).status === "missing");
    assert.deepEqual(await appendText(store, "ends", "x"), { status: "missing" });
    assert.equal((await createText(store, "ends", { data: bytes("new") })).status, "created");
    assert.equal(await readText(store, "ends"), "new");
  },

  "a sliding window restarts with appends and touches, but not with head": async ({ store }) => {
    const ttlSeconds = 1;
    for (const path of ["appended", "touched", "idle"])
      await createText(store, path, { ttlSeconds });
    const started = performance.now();
    while (performance.now() - started < 1500) {
      await appendText(store, "appended", "x");
      await store.touch("touched");
      await store.head("idle");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal((await store.head("appended")).status, "ok");
    assert.equal((await store.head("touched")).status, "ok");
    assert.equal((await store.head("idle")).status, "missing");
    assert.equal(await store.delete("idle"), "missing");
  },

  "a page says when its stream must be touched": async ({ store }) => {
    const dueIn = async (path: string) => {
      const page = await store.read({ path, position: 0, maxBytes: 1 });
      return page.status === "ok" ? page.touchDueAt - performance.now() : NaN;
    };
    await createText(store, "forever");
    await createText(store, "sliding", { ttlSeconds: 2 });
    assert.equal(await dueIn("forever"), Infinity);
    const first = await dueIn("sliding");
    assert.ok(first > -100 && first < 2000, `due in ${first} ms`);
    await until("it is due", async () => (await dueIn("sliding")) <= 0);
    await store.touch("sliding");
    assert.ok((await dueIn("sliding")) > 0);
  },

  "a deleted stream is removed with its producers, and begins anew when created again": async ({
    store,
  }) => {
    const producer = { id: "p", epoch: 0, seq: 0 };
    await createText(store, "again");
    await appendText(store, "again", "old", { producer, seq: "9" });
    const before = await store.head("again");
    assert.equal(await store.delete("again"), "removed");
    assert.equal(await store.delete("again"), "missing");
    assert.equal((await store.head("again")).status, "missing");
    await createText(store, "again");
    const after = await store.head("again");
    if (before.status === "ok" && after.status === "ok") {
      assert.notEqual(after.stream.incarnation, before.stream.incarnation);
    }
    const outcome = await appendText(store, "again", "new", { producer, seq: "1" });
    assert.equal(outcome.status, "appended");
    assert.equal(await readText(store, "again"), "new");
  },

  "deleting streams frees their space": async ({ store, place }) => {
    if (!place.usedBytes) return;
    const block = "x".repeat(64 * 1024);
    const fillAndDelete = async () => {
      await createText(store, "large");
      await Promise.all(Array.from({ length: 64 }, () => appendText(store, "large", block)));
      await store.delete("large");
    };
    const used = () => place.usedBytes?.() ?? Promise.resolve(0);
    const empty = await used();
    await fillAndDelete();
    const once = (await used()) - empty;
    for (let round = 0; round < 5; round++) await fillAndDelete();
    // Six streams were written. Their data fits into the room of two, or nothing was freed.
    const bound = empty + Math.max(2.5 * once, 2.5 * 64 * block.length);
    await until("the space of deleted streams", async () => (await used()) < bound);
    assert.equal(await tailOf(store, "large"), -1);
  },
};
