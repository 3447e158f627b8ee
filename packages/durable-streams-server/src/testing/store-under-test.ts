import type { Store } from "../store/store.ts";

/** One empty place for data, made for one test. Node only, like all of this entry. */
export interface StoreUnderTest {
  /** A store on that place. Called again after `close`, it must find what was there. */
  readonly open: () => Store | Promise<Store>;
  /** Whether what was acknowledged outlives `close`. Stores in memory say false. */
  readonly isDurable: boolean;
  /**
   * About how many bytes the place takes up now. Given, the kit checks that deleting streams gives
   * their space back: either this number falls, or it stops growing.
   */
  readonly usedBytes?: () => Promise<number>;
  /** Removes the place. */
  readonly remove: () => Promise<void>;
}

/** One test: give `name` and `run` to any test runner. It throws what is wrong. */
export interface StoreTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a test gets: the place, and a store on it that is closed afterwards. */
export interface TestPlace {
  readonly store: Store;
  readonly place: StoreUnderTest;
  /** Closes the store and opens it again. */
  readonly reopen: () => Promise<Store>;
}

/** The tests of one file of the kit. */
export type TestGroup = Readonly<Record<string, (at: TestPlace) => Promise<void>>>;
