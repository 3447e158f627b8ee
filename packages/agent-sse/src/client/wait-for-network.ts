import { abortable, linkedAbort, maxTimerMs } from "@freshet/core";

/**
 * Waits `ms` milliseconds, or less: the wait also ends when a browser comes back online, when a page becomes
 * visible, because the reason of the failure is then probably gone, and when no timer is longer. An abort
 * rejects immediately with the signal's own reason. No timer and no listener is left behind.
 */
export async function waitForNetwork(ms: number, signal: AbortSignal): Promise<void> {
  const wait = linkedAbort(signal);
  const end = () => wait.abort();
  const whileWaiting = { signal: wait.signal };
  page.addEventListener?.("online", end, whileWaiting);
  page.document?.addEventListener(
    "visibilitychange",
    () => {
      if (!page.document?.hidden) end();
    },
    whileWaiting,
  );
  const timer = setTimeout(end, Math.min(ms, maxTimerMs));
  await abortable(new Promise(() => undefined), wait.signal).catch(() => clearTimeout(timer));
  signal.throwIfAborted();
}

/** A page has both, a worker only the first, Node neither. */
const page: Partial<Pick<typeof globalThis, "addEventListener" | "document">> = globalThis;
