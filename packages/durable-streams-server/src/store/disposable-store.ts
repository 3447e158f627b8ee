import { addAsyncDispose, type AsyncDisposableLike } from "@freshet/core";
import type { Store } from "./store.ts";

/** A store that `await using` closes. */
export type DisposableStore = Store & AsyncDisposableLike;

export function disposable(store: Store): DisposableStore {
  addAsyncDispose(store, (instance) => instance.close());
  return store as DisposableStore;
}
