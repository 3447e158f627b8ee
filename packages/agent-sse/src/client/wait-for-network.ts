import { abortable, linkedAbort, maxTimerMs } from "@freshet/core";
import { onPageShown } from "./page.ts";

/**
 * Waits `ms` milliseconds, or less: the wait also ends when a browser comes back online, when a page becomes
 * visible, because the reason of the failure is then probably gone, and when no timer is longer. An abort
 * rejects immediately with the signal's own reason. No timer and no listener is left behind.
 *
 * @param atLeastMs - how long the server asks clients to wait: nothing but an abort ends the wait earlier
 */
export async function waitForNetwork(
  ms: number,
  signal: AbortSignal,
  atLeastMs = 0,
): Promise<void> {
  const wait = linkedAbort(signal);
  const end = () => wait.abort();
  let timer = setTimeout(end, Math.min(ms, maxTimerMs));
  const earliest = Date.now() + atLeastMs;
  onPageShown(wait.signal, () => {
    clearTimeout(timer);
    timer = setTimeout(end, Math.min(Math.max(0, earliest - Date.now()), maxTimerMs));
  });
  await abortable(new Promise(() => undefined), wait.signal).catch(() => clearTimeout(timer));
  signal.throwIfAborted();
}
