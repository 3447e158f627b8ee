export { concurrencyTests } from "./concurrency-tests.ts";
export type { ConcurrencyOptions } from "./concurrency-tests.ts";
export { storeTests } from "./store-tests.ts";
export type { StoreTest, StoreUnderTest } from "./store-under-test.ts";
