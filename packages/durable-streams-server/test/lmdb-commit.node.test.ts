import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { CommitPlace } from "../src/lmdb/commit-place.ts";
import { lmdbStore } from "../src/lmdb/index.ts";

test.each([
  ["on the event loop's thread", true],
  ["on another thread", false],
])("a commit %s stores all of its batch", async (_, here) => {
  const path = await mkdtemp(join(tmpdir(), "freshet-commit-"));
  const isHere = vi.spyOn(CommitPlace.prototype, "isHere").mockReturnValue(here);
  const store = lmdbStore({ path });
  try {
    await store.create({ path: "s", contentType: "text/plain", closed: false });
    const append = (text: string) =>
      store.append({
        path: "s",
        contentType: "text/plain",
        data: new TextEncoder().encode(text),
        close: false,
      });
    const outcomes = await Promise.all(["a", "b", "c"].map(append));
    expect(outcomes.map(({ status }) => status)).toEqual(["appended", "appended", "appended"]);
    const page = await store.read({ path: "s", position: 0, maxBytes: 100 });
    const records = page.status === "ok" ? page.records : [];
    expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual(["a", "b", "c"]);
    expect(isHere).toHaveBeenCalled();
  } finally {
    isHere.mockRestore();
    await store.close();
    await rm(path, { recursive: true });
  }
});
