import type { Store } from "../store/store.ts";

/** An empty place for data, made for one test. */
export interface StoreUnderTest {
  /** Opens a store on the place. Called again after `close`, it must find the data. */
  readonly open: () => Store | Promise<Store>;
  /** Whether acknowledged data outlives `close`: false for stores in memory. */
  readonly isDurable: boolean;
  /**
   * About how many bytes the place takes up now. If it is given, the kit checks that deleting streams
   * frees their space: this number falls, or stops growing.
   */
  readonly usedBytes?: () => Promise<number>;
  /** Removes the place. */
  readonly remove: () => Promise<void>;
}

/** One test: pass `name` and `run` to any test runner. It rejects if the store fails it. */
export interface StoreTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a test runs on: the place, and a store there that is closed afterwards. */
export interface TestPlace {
  readonly store: Store;
  readonly place: StoreUnderTest;
  /** Closes the store and opens it again. */
  readonly reopen: () => Promise<Store>;
}

/** The tests of one file of the kit. */
export type TestGroup = Readonly<Record<string, (at: TestPlace) => Promise<void>>>;
