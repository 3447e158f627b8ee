import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lmdbStore } from "../src/lmdb/index.ts";
import { conformance } from "./support/conformance.ts";

conformance(async () => {
  const path = await mkdtemp(join(tmpdir(), "freshet-lmdb-"));
  return { store: lmdbStore({ path }), remove: () => rm(path, { recursive: true }) };
});
