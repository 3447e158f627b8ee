import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { CommitThread } from "../../src/lmdb/commit-thread.ts";
import type { Store } from "../../src/index.ts";
import { lmdbStore } from "../../src/lmdb/index.ts";
import { LmdbTransaction } from "../../src/lmdb/lmdb-transaction.ts";

const contentType = "text/plain";
const appendRequest = (text: string) => ({
  ...{ path: "s", contentType, close: false },
  data: new TextEncoder().encode(text),
});

/** Uses a store with a stream "s", whose commits are made where `isEventLoop` decides. */
async function withStore(isEventLoop: () => boolean, use: (store: Store) => Promise<void>) {
  const path = await mkdtemp(join(tmpdir(), "freshet-commit-"));
  const spy = vi.spyOn(CommitThread.prototype, "isEventLoop").mockImplementation(isEventLoop);
  const store = lmdbStore({ path });
  try {
    await store.create({ path: "s", contentType, closed: false });
    await use(store);
    expect(spy).toHaveBeenCalled();
  } finally {
    vi.restoreAllMocks();
    await store.close();
    await rm(path, { recursive: true });
  }
}

async function textsOf(store: Store): Promise<string[]> {
  const page = await store.read({ path: "s", position: 0, maxBytes: 10_000 });
  const records = page.status === "ok" ? page.records : [];
  return records.map(({ data }) => Buffer.from(data).toString());
}

const threads = [
  ["on the event loop's thread", true],
  ["on another thread", false],
] as const;

test.each(threads)("a commit %s stores all of its batch", async (_, isEventLoop) => {
  await withStore(
    () => isEventLoop,
    async (store) => {
      const appends = ["a", "b", "c"].map((text) => store.append(appendRequest(text)));
      const outcomes = await Promise.all(appends);
      expect(outcomes.map(({ status }) => status)).toEqual(["appended", "appended", "appended"]);
      expect(await textsOf(store)).toEqual(["a", "b", "c"]);
    },
  );
});

test.each(threads)(
  "a commit %s that fails in the middle stores nothing",
  async (_, isEventLoop) => {
    await withStore(
      () => isEventLoop,
      async (store) => {
        await store.append(appendRequest("before"));
        const putProducer = vi
          .spyOn(LmdbTransaction.prototype, "putProducer")
          .mockImplementation(() => {
            throw new Error("no room"); // after its data was put
          });
        const producer = { id: "p", epoch: 0, seq: 0 };
        const lost = store.append({ ...appendRequest("lost"), producer });
        await expect(lost).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
        expect(putProducer).toHaveBeenCalledOnce();
        putProducer.mockRestore();
        await store.append(appendRequest("after"));
        expect(await textsOf(store)).toEqual(["before", "after"]);
      },
    );
  },
);

test("commits keep their order when they change threads", async () => {
  let commits = 0;
  await withStore(
    () => commits++ % 2 === 0,
    async (store) => {
      const texts = Array.from({ length: 50 }, (_, n) => String(n));
      for (const text of texts) {
        void store.append(appendRequest(text));
        if (Number(text) % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await store.append(appendRequest("last"));
      expect(await textsOf(store)).toEqual([...texts, "last"]);
      expect(commits).toBeGreaterThan(2);
    },
  );
});
