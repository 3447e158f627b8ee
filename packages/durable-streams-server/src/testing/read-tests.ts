import { assert } from "./assert.ts";
import { appendText, bytes, createText, readText, until } from "./fixtures.ts";
import type { TestGroup } from "./store-under-test.ts";

/** Pages, positions, lists and hints. */
export const readTests: TestGroup = {
  "pages of every size return the whole stream, from every record": async ({ store }) => {
    await createText(store, "paged");
    const parts = Array.from({ length: 40 }, (_, n) => String(n).repeat(1 + (n % 7)));
    const starts = [0];
    for (const part of parts) {
      const outcome = await appendText(store, "paged", part);
      if (outcome.status === "appended") starts.push(outcome.tail);
    }
    const whole = parts.join("");
    for (const maxBytes of [1, 2, 13, 50, 1_000_000]) {
      assert.equal(await readText(store, "paged", 0, maxBytes), whole, `pages of ${maxBytes}`);
    }
    for (const start of starts) {
      assert.equal(await readText(store, "paged", start, 20), whole.slice(start));
    }
  },

  "a byte stream can be read from within a record": async ({ store }) => {
    await createText(store, "bytes", { data: bytes("hello") });
    await appendText(store, "bytes", "world");
    for (let from = 0; from <= 10; from++) {
      assert.equal(await readText(store, "bytes", from), "helloworld".slice(from));
    }
  },

  "positions that the stream does not have are refused": async ({ store }) => {
    const contentType = "application/json";
    await store.create({ path: "json", contentType, closed: false, data: bytes('{"a":1}') });
    for (const position of [1, 6, 8, 1000]) {
      const page = await store.read({ path: "json", position, maxBytes: 100 });
      assert.deepEqual(page, { status: "position-invalid" }, `position ${position}`);
    }
  },

  "positions of a stream that was deleted are not those of the one made anew at its path": async ({
    store,
    reopen,
  }) => {
    const generations: number[] = [];
    let current = store;
    for (let round = 0; round < 3; round++) {
      const created = await createText(current, "again", { data: bytes("hello") });
      assert.equal(created.status, "created");
      const { generation } = created.stream;
      const appended = await appendText(current, "again", "!");
      assert.equal(appended.status === "appended" && appended.generation, generation);
      for (const position of [0, 3, 6]) {
        const read = (of: number | undefined) =>
          current.read({ path: "again", position, generation: of, maxBytes: 10 });
        assert.equal((await read(generation)).status, "ok");
        for (const earlier of [...generations, generation + 1]) {
          assert.deepEqual(await read(earlier), { status: "generation-gone" });
        }
      }
      const fork = { path: "again", position: 3, generation: generations[0] ?? 1, subOffset: 0 };
      const forked = await current.create({ path: "fork", closed: false, fork });
      assert.deepEqual(forked, { status: "fork-generation-gone" });
      assert.ok(generation > (generations.at(-1) ?? 0), "generations rise");
      generations.push(generation);
      await current.delete("again");
      if (round === 1) current = await reopen();
    }
  },

  "a read at now returns the tail and no data": async ({ store }) => {
    await createText(store, "now", { data: bytes("old") });
    const page = await store.read({ path: "now", position: "now", maxBytes: 100 });
    assert.equal(page.status, "ok");
    assert.deepEqual([page.start, page.end, page.records.length, page.upToDate], [3, 3, 0, true]);
  },

  "a long stream can be read at its end": async ({ store }) => {
    await createText(store, "long");
    await Promise.all(Array.from({ length: 500 }, () => appendText(store, "long", "0123456789")));
    assert.equal(await readText(store, "long", 4990), "0123456789");
    assert.equal(await readText(store, "long", 5000), "");
  },

  "streams are listed by prefix, in order, in pages": async ({ store }) => {
    const paths = ["a/1", "a/2", "a/3", "b/1", "a"];
    for (const path of paths) await createText(store, path, { data: bytes(path) });
    const list = async (prefix: string, after: string | undefined, limit: number) =>
      (await store.list({ prefix, after, limit })).map(({ path }) => path);
    assert.deepEqual(await list("a/", undefined, 10), ["a/1", "a/2", "a/3"]);
    assert.deepEqual(await list("a/", "a/1", 1), ["a/2"]);
    assert.deepEqual(await list("", undefined, 10), ["a", "a/1", "a/2", "a/3", "b/1"]);
    await store.delete("a/2");
    const [first] = await store.list({ prefix: "a/", limit: 1 });
    assert.deepEqual([first?.path, first?.tail], ["a/1", 3]);
    assert.deepEqual(await list("a/", undefined, 10), ["a/1", "a/3"]);
  },

  "a listener is called after changes until it is removed": async ({ store }) => {
    await createText(store, "heard");
    let heard = 0;
    const stop = store.subscribe("heard", () => heard++);
    await appendText(store, "heard", "x");
    await until("the hint of an append", () => heard > 0);
    const beforeClose = heard;
    await appendText(store, "heard", undefined, { close: true });
    await until("the hint of a close", () => heard > beforeClose);
    const beforeDelete = heard;
    await store.delete("heard");
    await until("the hint of a deletion", () => heard > beforeDelete);
    stop();
    const afterStop = heard;
    await createText(store, "heard");
    assert.equal(heard, afterStop);
  },
};
