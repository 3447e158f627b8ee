/**
 * An iterator that calls `onReturn` when its consumer leaves early. A generator that was never started
 * runs none of its own clean-up then.
 */
export function closingIterator<T>(
  iterator: AsyncIterator<T, void>,
  onReturn: () => void,
): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => iterator.next() as Promise<IteratorResult<T, undefined>>,
    async return() {
      onReturn();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
