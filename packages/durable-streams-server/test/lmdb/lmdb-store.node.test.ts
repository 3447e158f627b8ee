import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lmdbStore } from "../../src/lmdb/index.ts";
import { storeTests } from "../../src/testing/index.ts";

describe("LMDB store", () => {
  const tests = storeTests(async () => {
    const path = await mkdtemp(join(tmpdir(), "freshet-lmdb-"));
    return {
      open: () => lmdbStore({ path }),
      isDurable: true,
      usedBytes: async () => (await stat(join(path, "data.mdb"))).size,
      remove: () => rm(path, { recursive: true }),
    };
  });
  for (const { name, run } of tests) test(name, run);
});

test("the path of a store is a folder, also with a dot in its name", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "freshet-lmdb-")), "streams.v1");
  await lmdbStore({ path }).close();
  expect((await stat(join(path, "data.mdb"))).isFile()).toBe(true);
  await rm(path, { recursive: true });
});

test("a closed store refuses reads as well", async () => {
  const path = await mkdtemp(join(tmpdir(), "freshet-lmdb-"));
  const store = lmdbStore({ path });
  await store.close();
  const closed = { code: "STORE_CLOSED" };
  await expect(store.head("a")).rejects.toMatchObject(closed);
  await expect(store.read({ path: "a", position: 0, maxBytes: 1 })).rejects.toMatchObject(closed);
  await expect(store.documents.get("a")).rejects.toMatchObject(closed);
  await expect(store.documents.list("a")).rejects.toMatchObject(closed);
  await expect(store.touch("a")).rejects.toMatchObject(closed);
  await rm(path, { recursive: true });
});
