import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { lmdbStore } from "../src/lmdb/index.ts";
import { storeTests } from "../src/testing/index.ts";

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
