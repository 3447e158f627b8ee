/**
 * Waits `ms` milliseconds, or less: a browser that comes back online, and a page that becomes visible,
 * end the wait, because what made the connection fail has probably changed. An abort rejects at once
 * with the signal's own reason. Nothing is left behind.
 */
export function waitForNetwork(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    const whileWaiting = { signal: over.signal };
    signal.addEventListener("abort", end, whileWaiting);
    page.addEventListener?.("online", end, whileWaiting);
    page.document?.addEventListener(
      "visibilitychange",
      () => {
        if (!page.document?.hidden) end();
      },
      whileWaiting,
    );
  });
}

/** Both are there in a page; a worker has the first, Node neither. */
const page: Partial<Pick<typeof globalThis, "addEventListener" | "document">> = globalThis;
