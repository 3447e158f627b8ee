import { assert } from "./assert.ts";
import type { AppendOutcome } from "../store/store.ts";
import { appendText, createText, readText } from "./fixtures.ts";
import type { TestGroup } from "./store-under-test.ts";

const count = (outcomes: readonly { status: string }[], status: string) =>
  outcomes.filter((outcome) => outcome.status === status).length;

const times = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, i) => make(i));

/** Validation, data, producer state, Stream-Seq and the closed flag are one step. */
export const appendTests: TestGroup = {
  "appends from many writers are each stored once, in the order of their positions": async ({
    store,
  }) => {
    await createText(store, "contended");
    const stored: { tail: number; text: string }[] = [];
    const write = async (writer: number) => {
      for (let n = 0; n < 20; n++) {
        const text = `<${writer}:${n}>`;
        const outcome = await appendText(store, "contended", text);
        assert.equal(outcome.status, "appended");
        stored.push({ tail: outcome.tail, text });
      }
    };
    await Promise.all(times(32, write));
    const inOrder = stored.sort((a, b) => a.tail - b.tail).map(({ text }) => text);
    assert.equal(await readText(store, "contended"), inOrder.join(""));
    assert.equal(new Set(stored.map(({ tail }) => tail)).size, 32 * 20, "no two share a position");
  },

  "an append that was acknowledged is there for the next read": async ({ store }) => {
    await Promise.all(
      times(16, async (n) => {
        const path = `own-writes-${n}`;
        await createText(store, path);
        for (let i = 1; i <= 10; i++) {
          await appendText(store, path, "x");
          assert.equal(await readText(store, path), "x".repeat(i));
        }
      }),
    );
  },

  "a producer's request that arrives many times is stored once": async ({ store }) => {
    await createText(store, "producer");
    for (let seq = 0; seq < 10; seq++) {
      const producer = { id: "p", epoch: 0, seq };
      const outcomes = await Promise.all(
        times(8, () => appendText(store, "producer", `${seq};`, { producer })),
      );
      assert.equal(count(outcomes, "appended"), 1, "one of them is new");
      assert.equal(count(outcomes, "duplicate"), 7, "the others are duplicates");
    }
    assert.equal(await readText(store, "producer"), "0;1;2;3;4;5;6;7;8;9;");
  },

  "a producer must keep its sequence, and is fenced off by a newer epoch": async ({ store }) => {
    await createText(store, "fenced");
    const append = (epoch: number, seq: number) =>
      appendText(store, "fenced", "x", { producer: { id: "p", epoch, seq } });
    assert.deepEqual(await append(0, 3), { status: "sequence-gap", expected: 0 });
    assert.equal((await append(0, 0)).status, "appended");
    assert.deepEqual(await append(0, 2), { status: "sequence-gap", expected: 1 });
    assert.deepEqual(await append(1, 1), { status: "epoch-not-at-zero" });
    assert.equal((await append(1, 0)).status, "appended");
    assert.deepEqual(await append(0, 1), { status: "stale-epoch", epoch: 1 });
    const again = (await append(1, 0)) as AppendOutcome & { status: "duplicate" };
    assert.deepEqual([again.status, again.lastSeq], ["duplicate", 0]);
    assert.equal(await readText(store, "fenced"), "xx");
  },

  "of several appends with the same Stream-Seq one is stored": async ({ store }) => {
    await createText(store, "seq");
    for (let round = 10; round < 20; round++) {
      const outcomes = await Promise.all(
        times(8, (n) => appendText(store, "seq", String(n), { seq: String(round) })),
      );
      assert.equal(count(outcomes, "appended"), 1);
      assert.equal(count(outcomes, "seq-conflict"), 7);
    }
    assert.equal((await appendText(store, "seq", "x", { seq: "1" })).status, "seq-conflict");
    assert.equal((await readText(store, "seq")).length, 10);
  },

  "Stream-Seq is compared by bytes": async ({ store }) => {
    await createText(store, "seq-bytes");
    const seqs = ["2", "10", "\u{ffff}", "\u{10000}"];
    const statuses: string[] = [];
    for (const seq of seqs)
      statuses.push((await appendText(store, "seq-bytes", "x", { seq })).status);
    assert.deepEqual(statuses, ["appended", "seq-conflict", "appended", "appended"]);
  },

  "a refused append leaves nothing behind": async ({ store }) => {
    await createText(store, "refused");
    const producer = { id: "p", epoch: 0, seq: 0 };
    await appendText(store, "refused", "a", { seq: "5" });
    const refused = await appendText(store, "refused", "b", { seq: "5", producer });
    assert.equal(refused.status, "seq-conflict");
    const accepted = await appendText(store, "refused", "c", { seq: "6", producer });
    assert.equal(accepted.status, "appended", "the producer's number was not used up");
    const wrongType = { contentType: "application/json", close: true };
    const mismatch = await appendText(store, "refused", "d", wrongType);
    assert.equal(mismatch.status, "content-type-mismatch");
    assert.equal(await readText(store, "refused"), "ac");
  },

  "a close is final, and its repetition is a duplicate": async ({ store }) => {
    await createText(store, "closing");
    const producer = { id: "p", epoch: 0, seq: 0 };
    const last = () => appendText(store, "closing", "end", { close: true, producer });
    const outcomes = await Promise.all([last(), last(), last()]);
    assert.equal(count(outcomes, "appended"), 1);
    assert.equal(count(outcomes, "duplicate"), 2);
    const refused = await appendText(store, "closing", "x");
    assert.deepEqual([refused.status, "tail" in refused && refused.tail], ["closed", 3]);
    const closeAgain = await appendText(store, "closing", undefined, { close: true });
    assert.equal(closeAgain.status, "duplicate");
    assert.equal(await readText(store, "closing"), "end");
  },

  "after a close only the closing request is acknowledged again, and others learn what was stored":
    async ({ store }) => {
      const closings = {
        "with data": { text: "end", producer: { id: "a", epoch: 1, seq: 1 } },
        "without data": { text: undefined, producer: { id: "a", epoch: 1, seq: 1 } },
        "by nobody": { text: undefined, producer: undefined },
      };
      for (const [path, closing] of Object.entries(closings)) {
        await createText(store, path);
        const append = (id: string, epoch: number, seq: number) =>
          appendText(store, path, "x", { producer: { id, epoch, seq } });
        await append("a", 1, 0);
        await append("b", 2, 0);
        await append("b", 2, 1);
        const close = () =>
          appendText(store, path, closing.text, { close: true, producer: closing.producer });
        assert.equal((await close()).status, "appended", path);
        assert.equal((await close()).status, "duplicate", path);
        const lastOfA = closing.producer ? 1 : 0;
        const refused = [
          [await append("b", 2, 1), 2, 1],
          [await append("b", 2, 0), 2, 1],
          [await append("b", 2, 2), 2, 1],
          [await append("b", 1, 0), 2, 1],
          [await append("a", 1, 0), 1, lastOfA],
          [await append("c", 0, 0), undefined, undefined],
        ] as const;
        for (const [outcome, epoch, lastSeq] of refused) {
          assert.equal(outcome.status, "closed", path);
          assert.deepEqual([outcome.epoch, outcome.lastSeq], [epoch, lastSeq], path);
        }
      }
    },

  "a stream has no more producers than its limit": async ({ store }) => {
    await createText(store, "producers");
    const append = (id: string, seq: number) =>
      appendText(store, "producers", "x", { producer: { id, epoch: 0, seq }, maxProducers: 2 });
    const statuses: string[] = [];
    for (const id of ["a", "b", "c"]) statuses.push((await append(id, 0)).status);
    assert.deepEqual(statuses, ["appended", "appended", "too-many-producers"]);
    assert.equal((await append("a", 1)).status, "appended", "producers that it has may go on");
  },

  "producers whose long ids differ at the end are not confused": async ({ store }) => {
    await createText(store, "long-ids");
    for (const last of ["a", "b"]) {
      const producer = { id: "é".repeat(1023) + last, epoch: 0, seq: 0 };
      assert.equal((await appendText(store, "long-ids", last, { producer })).status, "appended");
      assert.equal((await appendText(store, "long-ids", last, { producer })).status, "duplicate");
    }
    assert.equal(await readText(store, "long-ids"), "ab");
  },

  "a missing stream takes no append and has no pages": async ({ store }) => {
    assert.deepEqual(await appendText(store, "nowhere", "x"), { status: "missing" });
    const read = await store.read({ path: "nowhere", position: 0, maxBytes: 10 });
    assert.deepEqual(read, { status: "missing" });
  },
};
