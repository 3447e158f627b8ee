import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryEventStore, agentEvent, type StoredEvents } from "../../src/index.ts";

const token = (text: string) => agentEvent.token(text);

async function read(events: StoredEvents | Promise<StoredEvents>, count = Infinity) {
  const texts: unknown[] = [];
  const ids: string[] = [];
  for await (const { event, id } of await events) {
    texts.push((event as { text?: string }).text);
    if (id !== undefined) ids.push(id);
    if (texts.length === count) break;
  }
  return { texts, ids };
}

async function filled(count: number, options?: ConstructorParameters<typeof MemoryEventStore>[0]) {
  const store = new MemoryEventStore(options);
  const ids: string[] = [];
  for (let index = 0; index < count; index++)
    ids.push(await store.append("s", token(String(index))));
  return { store, ids };
}

test("MemoryEventStore reads from the start and after any id", async () => {
  const { store, ids } = await filled(5);
  await store.close("s");
  const texts = ["0", "1", "2", "3", "4"];
  expect(await read(store.readAfter("s", undefined))).toEqual({ texts, ids });
  for (const [index, id] of ids.entries()) {
    const after = await store.readAfter("s", id);
    expect(after.isAtEnd).toBe(index === 4);
    expect(await read(after)).toEqual({ texts: texts.slice(index + 1), ids: ids.slice(index + 1) });
  }
});

test("a reader may come before its stored stream exists", async () => {
  const store = new MemoryEventStore();
  const reading = read(store.readAfter("s", undefined));
  const other = read(store.readAfter("t", undefined));
  await store.append("s", token("a"), token("b"));
  await store.close("s");
  expect((await reading).texts).toEqual(["a", "b"]);
  await store.close("t");
  expect((await other).texts).toEqual([]);
});

test("the change from stored to live events loses and repeats nothing, in any schedule", async () => {
  const pause = fc.nat({ max: 4 });
  const wait = async (turns = 0) => {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), pause), { minLength: 1, maxLength: 30 }),
      fc.array(fc.tuple(fc.nat({ max: 20 }), fc.array(fc.integer({ min: 1, max: 12 })), pause), {
        maxLength: 6,
      }),
      async (writes, readers) => {
        const store = new MemoryEventStore();
        const total = writes.reduce((sum, [count]) => sum + count, 0);
        const writing = (async () => {
          let written = 0;
          for (const [count, turns] of writes) {
            const events = Array.from({ length: count }, () => token(String(written++)));
            await store.append("s", ...events);
            await wait(turns);
          }
          await store.close("s");
        })();
        // Each reader comes at its own time, leaves after a few events, and resumes after the last.
        const reading = readers.map(async ([arrival, visits, turns]) => {
          await wait(arrival);
          const texts: unknown[] = [];
          let last: string | undefined;
          for (const count of [...visits, Infinity]) {
            const part = await read(store.readAfter("s", last), count);
            texts.push(...part.texts);
            last = part.ids.at(-1) ?? last;
            await wait(turns);
          }
          return texts;
        });
        await writing;
        const expected = Array.from({ length: total }, (_, index) => String(index));
        for (const texts of await Promise.all(reading)) expect(texts).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("an id that the stored stream never issued is an error", async () => {
  const { store, ids } = await filled(2);
  const { ids: foreign } = await filled(2);
  const nonce = ids[0]?.split("-")[0] ?? "";
  const bad = [
    foreign[0],
    "x",
    `${nonce}-2`,
    `${nonce}-`,
    `${nonce}-0.5`,
    `${nonce}--2`,
    `${nonce}-1e0`,
  ];
  for (const id of bad) {
    await expect(store.readAfter("s", id)).rejects.toMatchObject({
      ...{ code: "POSITION_UNKNOWN", lastEventId: id },
    });
  }
});

test("a position whose events were dropped is an error for a new reader and a slow one", async () => {
  const { store, ids } = await filled(4, { maxEvents: 8 });
  const slow = (await store.readAfter("s", undefined))[Symbol.asyncIterator]();
  await slow.next();
  for (let index = 4; index < 11; index++) await store.append("s", token(String(index)));
  await expect(slow.next()).rejects.toMatchObject({
    code: "POSITION_EXPIRED",
    lastEventId: ids[0],
  });
  await expect(store.readAfter("s", undefined)).rejects.toMatchObject({ code: "POSITION_EXPIRED" });
  await expect(store.readAfter("s", ids[1])).rejects.toMatchObject({ code: "POSITION_EXPIRED" });
  expect((await read(store.readAfter("s", ids[2]), 8)).texts).toEqual([
    ...["3", "4", "5", "6", "7", "8", "9", "10"],
  ]);
});

test("an append to a closed stored stream is an error", async () => {
  const { store } = await filled(1);
  await store.close("s");
  await store.close("s");
  await expect(store.append("s", token("late"))).rejects.toMatchObject({ code: "STREAM_CLOSED" });
});

test("an abort rejects a pending read of the store with its reason", async () => {
  const { store, ids } = await filled(1);
  const controller = new AbortController();
  const events = await store.readAfter("s", ids[0], { signal: controller.signal });
  const next = events[Symbol.asyncIterator]().next();
  controller.abort("enough");
  await expect(next).rejects.toBe("enough");
  await expect(store.readAfter("s", ids[0], { signal: controller.signal })).rejects.toBe("enough");
});

test("return ends a pending read of the store", async () => {
  const { store, ids } = await filled(1);
  const iterator = (await store.readAfter("s", ids[0]))[Symbol.asyncIterator]();
  const next = iterator.next();
  await iterator.return?.();
  expect(await next).toEqual({ done: true, value: undefined });
});

test("a stored stream is dropped an hour after its last event unless it has readers", async () => {
  const clock = { now: 0 };
  const { store, ids } = await filled(1, { now: () => clock.now });
  const waiting = (await store.readAfter("s", ids[0]))[Symbol.asyncIterator]();
  const next = waiting.next();
  clock.now = 3_600_001;
  expect((await read(store.readAfter("s", undefined), 1)).texts).toEqual(["0"]);
  await store.append("s", token("1"));
  await next;
  clock.now += 3_600_001;
  await expect(store.readAfter("s", ids[0])).rejects.toMatchObject({ code: "POSITION_UNKNOWN" });
});

test("an append to the store costs the same with any number of streams", async () => {
  const store = new MemoryEventStore();
  const count = 50_000;
  for (let stream = 0; stream < count; stream++) {
    await store.append(`chat-${stream}`, agentEvent.token("a"));
  }
  const last = await store.append("chat-0", agentEvent.done());
  await store.close("chat-0");
  expect(await store.readAfter("chat-0", last)).toMatchObject({ isAtEnd: true });
});

test("a reader that returns to a dropped stream gets an error instead of waiting", async () => {
  let now = 0;
  const store = new MemoryEventStore({ retentionMs: 1000, now: () => now });
  await store.append("s", token("a"));
  const reader = (await store.readAfter("s", undefined))[Symbol.asyncIterator]();
  expect((await reader.next()).value).toMatchObject({ event: { text: "a" } });
  now = 2000;
  const first = await store.append("s", token("of another stream"));
  await expect(reader.next()).rejects.toMatchObject({ code: "POSITION_EXPIRED" });
  expect((await read(store.readAfter("s", undefined), 1)).ids).toEqual([first]);
});

test("a stored stream keeps 40,000 small events, and drops by bytes what is too much", async () => {
  const { store, ids } = await filled(40_000);
  expect((await read(store.readAfter("s", undefined), 40_000)).ids).toEqual(ids);
  const small = new MemoryEventStore({ maxBytes: 1000 });
  const first = await small.append("s", token("x".repeat(600)));
  const second = await small.append("s", { type: "mine", text: "x".repeat(600) });
  await expect(small.readAfter("s", undefined)).rejects.toMatchObject({ code: "POSITION_EXPIRED" });
  expect((await read(small.readAfter("s", first), 1)).ids).toEqual([second]);
  const last = await small.append("s", token("x".repeat(5000)));
  expect((await read(small.readAfter("s", second), 1)).ids).toEqual([last]);
});

test("an event that cannot be written is refused by the append, which then keeps none of its events", async () => {
  const store = new MemoryEventStore();
  const bad = { type: "mine", value: Number.NaN };
  await expect(store.append("s", token("a"), bad)).rejects.toMatchObject({ code: "INVALID_VALUE" });
  await store.append("s", token("b"));
  expect((await read(store.readAfter("s", undefined), 1)).texts).toEqual(["b"]);
});

test("current reads the running turn from its start, and nothing where none is running", async () => {
  const store = new MemoryEventStore();
  expect(await store.current("s")).toBeUndefined();
  await store.append("s", token("first"), agentEvent.done());
  expect(await store.current("s")).toBeUndefined();
  await store.append("s", token("second"));
  const turn = await store.current("s");
  await store.append("s", token("more"), agentEvent.done());
  expect((await read(turn ?? Promise.reject(new Error("No turn.")), 3)).texts).toEqual([
    "second",
    "more",
    undefined,
  ]);
  expect(await store.current("s")).toBeUndefined();
  await expect(store.readAfter("t", undefined)).resolves.toMatchObject({ isAtEnd: false });
});

test("a transient event goes to the readers that are there, in its place, and is not kept", async () => {
  const store = new MemoryEventStore();
  const first = await store.append("s", token("a"));
  const early = read(store.readAfter("s", undefined));
  await Promise.resolve();
  const glimpse = { ...token("glimpse"), transient: true as const };
  expect(await store.append("s", glimpse)).toBe(first);
  await store.append("s", token("b"), glimpse, token("c"));
  const late = read(store.readAfter("s", first));
  await store.close("s");
  const { texts, ids } = await early;
  expect(texts).toEqual(["a", "glimpse", "b", "glimpse", "c"]);
  expect(ids).toHaveLength(3);
  expect((await late).texts).toEqual(["b", "c"]);
  expect(await store.append("empty", glimpse)).toBe("");
});
