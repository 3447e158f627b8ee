import { expect, test } from "vitest";
import { memoryStore, type AppendRequest, type ReadOutcome, type Store } from "../../src/index.ts";
import { concurrencyTests } from "../../src/testing/index.ts";

/** The outcome of the first seed that finds something wrong. */
async function findingOf(open: () => Store): Promise<string | undefined> {
  const place = { open, isDurable: false, remove: () => Promise.resolve() };
  const tests = concurrencyTests(() => Promise.resolve(place), { stores: 1, seeds: [1, 2, 3, 4] });
  for (const { run } of tests) {
    const message = await run().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (message !== undefined) return message;
  }
  return undefined;
}

/** True for one call of so many. */
function oneOf(count: number): () => boolean {
  let calls = 0;
  return () => ++calls % count === 0;
}

const size = ({ data }: AppendRequest) => data?.byteLength ?? 0;

/** What a store can do wrong, on a store that does it right. */
const faults: Record<string, (store: Store) => Partial<Store>> = {
  "a producer that is forgotten": (store) => {
    const now = oneOf(10);
    return {
      append: async (request) => {
        if (!request.producer || !now()) return store.append(request);
        const outcome = await store.append({ ...request, producer: undefined });
        return outcome.status === "appended"
          ? { ...outcome, lastSeq: request.producer.seq }
          : outcome;
      },
    };
  },
  "a producer with an old epoch that is let in": (store) => ({
    append: async (request) => {
      const outcome = await store.append(request);
      if (outcome.status !== "stale-epoch") return outcome;
      const accepted = await store.append({ ...request, producer: undefined });
      return accepted.status === "appended"
        ? { ...accepted, lastSeq: request.producer?.seq }
        : accepted;
    },
  }),
  "an append that is acknowledged and lost": (store) => {
    const now = oneOf(20);
    return {
      append: async (request) => {
        if (request.producer || !now()) return store.append(request);
        const head = await store.head(request.path);
        if (head.status !== "ok" || head.stream.closed) return store.append(request);
        return {
          status: "appended",
          tail: head.stream.tail + size(request),
          closed: request.close,
        };
      },
    };
  },
  "an append that is stored twice": (store) => {
    const now = oneOf(20);
    return {
      append: async (request) => {
        const outcome = await store.append(request);
        if (outcome.status !== "appended" || !now()) return outcome;
        return store.append({ ...request, producer: undefined, seq: undefined });
      },
    };
  },
  "a read that misses what was acknowledged": (store) => {
    const pages = new Map<string, ReadOutcome>();
    const now = oneOf(10);
    return {
      read: async (request) => {
        const key = `${request.path} ${request.position}`;
        const before = pages.get(key);
        const page = await store.read(request);
        pages.set(key, page);
        return before && now() ? before : page;
      },
    };
  },
  "a read whose records are in another order": (store) => ({
    read: async (request) => {
      const page = await store.read(request);
      return page.status === "ok" ? { ...page, records: page.records.toReversed() } : page;
    },
  }),
  "an offset that is not where the data is": (store) => {
    const now = oneOf(20);
    return {
      append: async (request) => {
        const outcome = await store.append(request);
        return outcome.status === "appended" && now()
          ? { ...outcome, tail: outcome.tail + 1 }
          : outcome;
      },
    };
  },
  "a stream that is open again": (store) => ({
    append: (request) =>
      store
        .append({ ...request, close: false })
        .then((outcome) =>
          outcome.status === "appended" ? { ...outcome, closed: request.close } : outcome,
        ),
  }),
  "a delete that is acknowledged and not done": (store) => {
    const now = oneOf(2);
    return {
      delete: async (path) => {
        const head = await store.head(path);
        return head.status === "ok" && now() ? "removed" : store.delete(path);
      },
    };
  },
  "a Stream-Seq that is not kept": (store) => ({
    append: (request) => store.append({ ...request, seq: undefined }),
  }),
};

test.each(Object.entries(faults))("finds %s", async (_, fault) => {
  const found = await findingOf(() => {
    const store = memoryStore();
    return { ...store, ...fault(store) };
  });
  expect(found).toContain("No order of these");
});

test("finds nothing in a store that does it right", async () => {
  expect(await findingOf(() => memoryStore())).toBeUndefined();
});
