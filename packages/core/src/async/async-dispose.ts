/**
 * `AsyncDisposable` where the platform's types have it, and an empty object elsewhere: a class declares
 * `interface Reader extends AsyncDisposableLike {}` next to itself and calls {@link addAsyncDispose}, and its
 * types still compile without the library that names `Symbol.asyncDispose`.
 */
export type AsyncDisposableLike = typeof Symbol extends { readonly asyncDispose: infer Key }
  ? Record<Key & symbol, () => Promise<void>>
  : object;

/**
 * Makes `await using` work on a class, on platforms that know it. The symbol is not part of ES2022, so the
 * class cannot name it itself.
 *
 * @param dispose - ends what an instance holds. Default: its `return()`, as async generators have it
 */
export function addAsyncDispose<T extends object>(
  prototype: T,
  dispose: (instance: T) => unknown = (instance) => (instance as { return?(): unknown }).return?.(),
): void {
  const { asyncDispose } = Symbol as { asyncDispose?: symbol };
  if (!asyncDispose) return;
  Object.defineProperty(prototype, asyncDispose, {
    async value(this: T) {
      await dispose(this);
    },
  });
}
