import type { Store } from "../store/store.ts";
import { checkStreams } from "./check-streams.ts";
import type { Deviation } from "./expected-response.ts";
import { knownFailures } from "./known-failures.ts";
import { Random } from "./random.ts";
import { requestOnStore } from "./store-sender.ts";
import type { StoreTest, StoreUnderTest } from "./store-under-test.ts";
import { StreamHistory, type Send } from "./stream-history.ts";
import { readAll, runClients } from "./stress-client.ts";

export interface ConcurrencyOptions {
  /** How many stores are open on the same data at the same time (default 2). */
  readonly stores?: number;
  /** One test for each; the same seed sends the same requests (default 1 to 5). */
  readonly seeds?: readonly number[];
}

const workload = { clients: 4, requests: 120, families: 5 };

/** A store's outcome is lost, so often: whoever asked does not know and asks again. */
const LOST = 0.06;

/** A position is a number: it does not say which of the streams that were at a path it belongs to. */
const allowed: readonly Deviation[] = [...knownFailures, "offset-outlives-stream"];

/**
 * The kit's test of many at once: clients that write, repeat, take over, close, fork, delete and read
 * through several stores on the same data, one of which is closed and opened again in between. Their
 * outcomes must be those of one store that does one operation after the other.
 *
 * @param place - makes an empty place for each test; `open` is called again while stores are open on it
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { memoryStore } from "@freshet/durable-streams-server";
 * import { concurrencyTests } from "@freshet/durable-streams-server/testing";
 *
 * const place = async () => ({
 *   open: () => memoryStore(),
 *   isDurable: false,
 *   remove: async () => {},
 * });
 * for (const { name, run } of concurrencyTests(place, { stores: 1 })) test(name, run);
 * ```
 */
export function concurrencyTests(
  place: () => Promise<StoreUnderTest>,
  { stores = 2, seeds = [1, 2, 3, 4, 5] }: ConcurrencyOptions = {},
): readonly StoreTest[] {
  return seeds.map((seed) => ({
    name: `${stores} at once do what one would, seed ${seed}`,
    run: async () => {
      const under = await place();
      try {
        await runSeed(under, stores, seed);
      } finally {
        await under.remove();
      }
    },
  }));
}

async function runSeed(place: StoreUnderTest, count: number, seed: number): Promise<void> {
  const random = new Random(seed);
  const history = new StreamHistory();
  const instances = new Instances(place, random.split());
  try {
    await instances.openAll(count);
    const run = { random, history, send: instances.send };
    await runClients(run, workload);
    await readAll(run);
  } finally {
    await instances.closeAll();
  }
  const wrong = checkStreams(history, allowed).filter(({ kind }) => kind !== "known failure");
  if (wrong.length > 0) throw new Error(wrong.map(({ text }) => text).join("\n"));
}

/** Stores that are open on the same data. */
class Instances {
  readonly #place: StoreUnderTest;
  readonly #random: Random;
  readonly #stores: Store[] = [];
  #untilRestart = 100;

  constructor(place: StoreUnderTest, random: Random) {
    this.#place = place;
    this.#random = random;
  }

  async openAll(count: number): Promise<void> {
    for (let n = 0; n < count; n++) this.#stores.push(await this.#place.open());
  }

  async closeAll(): Promise<void> {
    for (const store of this.#stores) await store.close();
  }

  readonly send: Send = async (request) => {
    if (--this.#untilRestart === 0) await this.#restart();
    const index = this.#random.below(this.#stores.length);
    const server = `store ${index}`;
    const store = this.#stores[index];
    const isLost = this.#random.chance(LOST);
    try {
      const response = store && (await requestOnStore(store, request));
      return { server, response: isLost || !response ? "unknown" : response };
    } catch (error) {
      const isClosed = (error as { code?: unknown }).code === "STORE_CLOSED";
      return { server, response: isClosed ? "not sent" : "unknown" };
    }
  };

  async #restart(): Promise<void> {
    if (!this.#place.isDurable) return;
    const [store] = this.#stores;
    await store?.close();
    this.#stores[0] = await this.#place.open();
  }
}
