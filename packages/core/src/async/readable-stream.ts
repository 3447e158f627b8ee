/**
 * A stream that pulls from an iterator only when its reader asks. Cancelling the stream returns the iterator;
 * what the iterator throws is the stream's error.
 */
export function toReadableStream<T>(iterator: AsyncIterator<T, unknown>): ReadableStream<T> {
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
