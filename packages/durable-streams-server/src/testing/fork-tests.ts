import { assert } from "./assert.ts";
import type { Store } from "../store/store.ts";
import { appendText, bytes, createText, readText } from "./fixtures.ts";
import type { TestGroup } from "./store-under-test.ts";

function fork(store: Store, path: string, from: string, position?: number, subOffset = 0) {
  return store.create({ path, closed: false, fork: { path: from, position, subOffset } });
}

export const forkTests: TestGroup = {
  "a chain of forks reads as one stream, from every position and in every page size": async ({
    store,
  }) => {
    await createText(store, "a", { data: bytes("aaaa") });
    await appendText(store, "a", "AAAA");
    await fork(store, "b", "a", 4);
    await appendText(store, "b", "bb");
    await appendText(store, "b", "BB");
    await fork(store, "c", "b", 6);
    await appendText(store, "c", "cc");
    await appendText(store, "a", "later");
    const expected = { a: "aaaaAAAAlater", b: "aaaabbBB", c: "aaaabbcc" };
    for (const [path, text] of Object.entries(expected)) {
      for (let from = 0; from <= text.length; from++) {
        for (const maxBytes of [1, 5, 100]) {
          assert.equal(await readText(store, path, from, maxBytes), text.slice(from), path);
        }
      }
    }
  },

  "a fork can begin at a position in the source of its source": async ({ store }) => {
    await createText(store, "a", { data: bytes("one") });
    await appendText(store, "a", "two");
    await fork(store, "b", "a");
    await appendText(store, "b", "three");
    await fork(store, "c", "b", 3);
    await appendText(store, "c", "!");
    assert.equal(await readText(store, "c"), "one!");
  },

  "a fork has the positions of each stream that it reads from, up to where it leaves that stream":
    async ({ store }) => {
      const generationOf = async (path: string) => {
        const head = await store.head(path);
        assert.equal(head.status, "ok");
        return head.stream.generation;
      };
      await createText(store, "a", { data: bytes("aaaa") });
      await appendText(store, "a", "AAAA");
      await fork(store, "b", "a", 4);
      await appendText(store, "b", "bbbb");
      // Within a record: its start is copied, and the source's positions hold up to there.
      await fork(store, "c", "b", 6);
      await appendText(store, "c", "cc");
      await fork(store, "d", "c");
      await createText(store, "other", { data: bytes("0123456789") });
      const chain = ["a", "b", "c", "d"];
      const generations = await Promise.all(chain.map(generationOf));
      assert.deepEqual(
        [...generations].sort((x, y) => x - y),
        generations,
        "a fork's is the highest of its chain",
      );
      const tails: Record<string, number> = { a: 4, b: 6, c: 8, d: 8, other: -1 };
      for (const [path, upTo] of Object.entries(tails)) {
        const generation = await generationOf(path);
        for (let position = 0; position <= 8; position++) {
          const page = await store.read({ path: "d", position, generation, maxBytes: 100 });
          const expected = position <= upTo ? "ok" : "generation-gone";
          assert.equal(page.status, expected, `${path} at ${position}`);
          const again = { path: "d", position, generation, subOffset: 0 };
          const forked = await store.create({
            path: `d-${path}-${position}`,
            closed: false,
            fork: again,
          });
          const created = expected === "ok" ? "created" : "fork-generation-gone";
          assert.equal(forked.status, created, `a fork at ${position} of ${path}`);
        }
      }
    },

  "a sub-offset copies the start of a record": async ({ store }) => {
    await createText(store, "text", { data: bytes("hello") });
    await appendText(store, "text", "world");
    await fork(store, "inside", "text", 5, 3);
    await appendText(store, "inside", "!");
    assert.equal(await readText(store, "inside"), "hellowor!");
    assert.deepEqual(await fork(store, "beyond", "text", 5, 6), { status: "sub-offset-invalid" });
    assert.deepEqual(await fork(store, "after", "text", 11), { status: "fork-position-invalid" });
  },

  "a sub-offset in JSON counts messages": async ({ store }) => {
    const contentType = "application/json";
    const data = bytes('{"a":",]"},[1,[2]],"\\",",4');
    await store.create({ path: "json", contentType, closed: false, data });
    for (const [count, text] of [
      [1, '{"a":",]"}'],
      [2, '{"a":",]"},[1,[2]]'],
      [3, '{"a":",]"},[1,[2]],"\\","'],
      [4, '{"a":",]"},[1,[2]],"\\",",4'],
    ] as const) {
      await fork(store, `first-${count}`, "json", 0, count);
      assert.equal(await readText(store, `first-${count}`), text);
    }
    assert.deepEqual(await fork(store, "fifth", "json", 0, 5), { status: "sub-offset-invalid" });
  },

  "a fork begins open and without the producers of its source": async ({ store }) => {
    await createText(store, "source");
    const producer = { id: "p", epoch: 3, seq: 0 };
    await appendText(store, "source", "x", { producer, seq: "9", close: true });
    await fork(store, "fork", "source");
    const own = { id: "p", epoch: 0, seq: 0 };
    const outcome = await appendText(store, "fork", "y", { producer: own, seq: "1" });
    assert.equal(outcome.status, "appended");
    assert.equal(await readText(store, "fork"), "xy");
  },

  "creating a fork again finds it, also after its source was deleted": async ({ store }) => {
    await createText(store, "source", { data: bytes("x") });
    assert.equal((await fork(store, "fork", "source", 1)).status, "created");
    assert.equal(await store.delete("source"), "kept-for-forks");
    assert.equal((await fork(store, "fork", "source", 1)).status, "exists");
    assert.equal((await fork(store, "fork", "source", 0)).status, "conflict");
    assert.equal((await fork(store, "other", "source")).status, "source-deleted");
    assert.equal((await fork(store, "third", "nowhere")).status, "source-missing");
  },

  "a deleted source is kept for its forks, and removed with the last of them": async ({
    store,
  }) => {
    await createText(store, "a", { data: bytes("a") });
    await fork(store, "b", "a");
    await appendText(store, "b", "b");
    await fork(store, "c", "b");
    await appendText(store, "c", "c");
    assert.equal(await store.delete("a"), "kept-for-forks");
    assert.equal(await store.delete("b"), "kept-for-forks");
    assert.equal(await store.delete("b"), "deleted");
    assert.equal((await createText(store, "a")).status, "deleted");
    assert.equal((await appendText(store, "a", "x")).status, "deleted");
    assert.equal((await store.head("b")).status, "deleted");
    assert.equal(await readText(store, "c"), "abc");
    assert.equal(await store.delete("c"), "removed");
    for (const path of ["a", "b", "c"]) {
      assert.equal((await store.head(path)).status, "missing", `${path} is gone`);
      assert.equal((await createText(store, path)).status, "created", `${path} is free`);
    }
  },
};
