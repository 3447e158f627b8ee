import { assert } from "./assert.ts";
import { appendText, bytes, createText, readText } from "./fixtures.ts";
import type { ListDocumentsOptions } from "../store/store.ts";
import type { TestGroup } from "./store-under-test.ts";

/** Restarts, closed stores and documents. */
export const durabilityTests: TestGroup = {
  "everything that was acknowledged is there after a restart": async ({ store, place, reopen }) => {
    if (!place.isDurable) return;
    await createText(store, "s", { ttlSeconds: 1000, data: bytes("a") });
    const producer = { id: "p", epoch: 2, seq: 0 };
    await appendText(store, "s", "b", { producer, seq: "5" });
    await store.create({
      path: "f",
      closed: false,
      fork: { path: "s", position: 1, subOffset: 1 },
      data: bytes("c"),
    });
    await createText(store, "closed", { closed: true });
    const head = await store.head("s");
    const again = await reopen();
    assert.deepEqual(await again.head("s"), head);
    assert.equal(await readText(again, "s"), "ab");
    assert.equal(await readText(again, "f"), "abc");
    assert.equal((await appendText(again, "s", "b", { producer })).status, "duplicate");
    assert.equal((await appendText(again, "s", "x", { seq: "5" })).status, "seq-conflict");
    assert.equal((await appendText(again, "closed", "x")).status, "closed");
    assert.equal(await again.delete("s"), "kept-for-forks");
  },

  "a closed store refuses work": async ({ store }) => {
    await createText(store, "s");
    await store.close();
    await assert.rejects(appendText(store, "s", "x"), { code: "STORE_CLOSED" });
  },

  "a document is changed only with its current version": async ({ store }) => {
    const { documents } = store;
    const first = await documents.set("d/1", "1", undefined);
    assert.ok(first !== undefined);
    assert.equal(await documents.set("d/1", "x", undefined), undefined, "it exists");
    assert.equal(await documents.set("d/1", "x", first + 1000), undefined, "another version");
    const second = await documents.set("d/1", "2", first);
    assert.deepEqual(await documents.get("d/1"), { key: "d/1", value: "2", version: second });
    await documents.set("d/2", "2", undefined);
    await documents.set("e/1", "1", undefined);
    const listed = await documents.list("d/");
    assert.deepEqual(listed.map(({ key }) => key).sort(), ["d/1", "d/2"]);
    assert.equal(await documents.set("d/1", undefined, second), 0);
    assert.equal(await documents.get("d/1"), undefined);
  },

  "documents are listed by page, and by what changed": async ({ store }) => {
    const { documents } = store;
    const versions: number[] = [];
    for (const key of ["d/c", "d/a", "d/b", "e/a"]) {
      versions.push((await documents.set(key, "1", undefined)) ?? NaN);
    }
    const keys = async (options: ListDocumentsOptions) =>
      (await documents.list("d/", options)).map(({ key }) => key);
    assert.deepEqual(await keys({ limit: 2 }), ["d/a", "d/b"]);
    assert.deepEqual(await keys({ after: "d/b", limit: 2 }), ["d/c"]);
    const [first = NaN] = versions;
    assert.deepEqual(await keys({ changedAfter: first }), ["d/a", "d/b"]);
    const changed = await documents.set("d/c", "2", first);
    assert.deepEqual(await keys({ changedAfter: versions.at(-1) }), ["d/c"]);
    await documents.set("d/c", undefined, changed);
    assert.deepEqual(await keys({ changedAfter: versions.at(-1) }), []);
  },

  "concurrent increments of a document are all counted": async ({ store }) => {
    const { documents } = store;
    const increment = async () => {
      for (;;) {
        const found = await documents.get("counter");
        const value = String(Number(found?.value ?? "0") + 1);
        if ((await documents.set("counter", value, found?.version)) !== undefined) return;
      }
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    assert.equal((await documents.get("counter"))?.value, "20");
  },
};
