import type { AnySignal } from "./interrupt.ts";

/** Does not wait for a promise once `signal` aborts: rejects at once with the signal's reason. */
export function abortable<T>(promise: Promise<T>, signal: AnySignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}
