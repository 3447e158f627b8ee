import { expect, test } from "vitest";
import { memoryStore, type Store } from "../../src/index.ts";
import { checkLinearizability } from "../../src/testing/linearizability.ts";
import { SearchHints } from "../../src/testing/search-hints.ts";
import { Random } from "../../src/testing/random.ts";
import { requestOnStore } from "../../src/testing/store-sender.ts";
import { StreamHistory, type Send } from "../../src/testing/stream-history.ts";
import { streamModel } from "../../src/testing/stream-model.ts";
import { readAll, runClients } from "../../src/testing/stress-client.ts";

/** A store that sometimes forgets a producer, or gives a page that was read before. */
function faulty(store: Store, random: Random): Store {
  const pages = new Map<string, Awaited<ReturnType<Store["read"]>>>();
  return {
    ...store,
    append: (request) =>
      store.append(random.chance(0.02) ? { ...request, producer: undefined } : request),
    read: async (request) => {
      const before = pages.get(request.path);
      const page = await store.read(request);
      pages.set(request.path, page);
      return before && random.chance(0.05) ? before : page;
    },
  };
}

test("what was read of a stream makes the search shorter, and never its verdict another", async () => {
  const counts = { linearizable: 0, impossible: 0, undecided: 0 };
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed);
    const store = random.chance(0.5) ? memoryStore() : faulty(memoryStore(), random.split());
    const losses = random.split();
    const send: Send = async (request) => {
      const response = await requestOnStore(store, request);
      return { server: "store", response: losses.chance(0.1) ? "unknown" : response };
    };
    const run = { random, history: new StreamHistory(), send };
    await runClients(run, { clients: 3, requests: 12, families: 1 });
    await readAll(run);
    const { requests } = run.history;
    const hints = new SearchHints(requests);
    const plain = checkLinearizability(streamModel(), requests, 20_000);
    const pruned = checkLinearizability(streamModel({ hints }), requests, 20_000);
    counts[plain.kind]++;
    if (plain.kind !== "undecided") expect(pruned.kind, `seed ${seed}`).toBe(plain.kind);
  }
  expect(Math.min(counts.linearizable, counts.impossible)).toBeGreaterThan(20);
});
