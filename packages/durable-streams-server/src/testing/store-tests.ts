import { aFunction, checkOption } from "@freshet/core";
import { invalidOption } from "../store/options.ts";
import type { Store } from "../store/store.ts";
import { appendTests } from "./append-tests.ts";
import { durabilityTests } from "./durability-tests.ts";
import { forkTests } from "./fork-tests.ts";
import { lifecycleTests } from "./lifecycle-tests.ts";
import { readTests } from "./read-tests.ts";
import type { StoreTest, StoreUnderTest, TestGroup, TestPlace } from "./store-under-test.ts";

const groups: readonly TestGroup[] = [
  appendTests,
  readTests,
  lifecycleTests,
  forkTests,
  durabilityTests,
];

/**
 * The conformance kit for stores: everything that the server relies on. The stores of this package pass
 * it, and it shows where a store of your own does not.
 *
 * @param place - makes an empty place for each test
 * @throws DurableStreamsServerError `INVALID_OPTION`
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { memoryStore } from "@freshet/durable-streams-server";
 * import { storeTests } from "@freshet/durable-streams-server/testing";
 *
 * const tests = storeTests(async () => ({
 *   open: () => memoryStore(),
 *   isDurable: false,
 *   remove: async () => {},
 * }));
 * for (const { name, run } of tests) test(name, run);
 * ```
 */
export function storeTests(place: () => Promise<StoreUnderTest>): readonly StoreTest[] {
  checkOption("place", place, aFunction, invalidOption);
  return groups
    .flatMap((group) => Object.entries(group))
    .map(([name, test]) => ({ name, run: () => runOne(place, test) }));
}

async function runOne(
  makePlace: () => Promise<StoreUnderTest>,
  test: (at: TestPlace) => Promise<void>,
): Promise<void> {
  const place = await makePlace();
  let current: Store | undefined;
  try {
    const store = (current = await place.open());
    await test({
      store,
      place,
      reopen: async () => {
        await store.close();
        return (current = await place.open());
      },
    });
  } finally {
    await current?.close();
    await place.remove();
  }
}
