/** What may end a wait: an `AbortSignal`, or something of the same shape. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * Waits for a promise that does not know the signal: an abort rejects immediately with the signal's own
 * reason, and leaves no listener behind.
 *
 * @param onLate - is given a result that comes after the abort, to dispose of it
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignalLike | undefined,
  onLate?: (result: T) => unknown,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      signal.removeEventListener("abort", onAbort);
      reject(signal.reason);
      promise.then(onLate).catch(ignoreRejection);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort);
    promise
      .finally(() => {
        signal.removeEventListener("abort", onAbort);
      })
      .then(resolve, reject);
  });
}

/** The handler of a promise that nobody waits for any more: what matters has been reported elsewhere. */
export function ignoreRejection(): void {
  // Nothing to do: without a handler the process would end.
}
