import { delay, linkedAbort } from "@freshet/core";

/**
 * Waits `ms` milliseconds, or less: the wait also ends when a browser comes back online, and when a page
 * becomes visible, because the reason of the failure is then probably gone. An abort rejects immediately
 * with the signal's own reason. No timer and no listener is left behind.
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
  try {
    await delay(ms, wait.signal);
  } catch {
    signal.throwIfAborted();
  } finally {
    end();
  }
}

/** A page has both, a worker only the first, Node neither. */
const page: Partial<Pick<typeof globalThis, "addEventListener" | "document">> = globalThis;
