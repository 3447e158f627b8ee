export { storeTests } from "./store-tests.ts";
export type { StoreTest, StoreUnderTest } from "./store-under-test.ts";
