/**
 * A stream that pulls from an iterator only when its reader asks. Cancelling it leaves the iterator.
 */
export function readableStream<T>(iterator: AsyncIterator<T>): ReadableStream<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * An iterator that calls `onLeave` when it is left early. A generator that was never started runs
 * none of its own clean-up then.
 */
export function leaving<T>(
  iterator: AsyncIterator<T, void>,
  onLeave: () => void,
): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => iterator.next() as Promise<IteratorResult<T, undefined>>,
    async return() {
      onLeave();
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
