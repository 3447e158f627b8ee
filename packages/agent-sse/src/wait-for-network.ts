/**
 * Waits `ms` milliseconds, or less: a browser that comes back online, and a page that becomes visible,
 * end the wait, because what made the connection fail has probably changed. An abort rejects at once
 * with the signal's own reason. Nothing is left behind.
 */
export function waitForNetwork(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      page.removeEventListener?.("online", onWake);
      page.document?.removeEventListener("visibilitychange", onVisibility);
      settle();
    };
    const onWake = () => finish(resolve);
    const onAbort = () => finish(() => reject(signal.reason));
    const onVisibility = () => {
      if (page.document?.visibilityState === "visible") onWake();
    };
    const timer = setTimeout(onWake, ms);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    page.addEventListener?.("online", onWake);
    page.document?.addEventListener("visibilitychange", onVisibility);
  });
}

/** Both are there in a page; a worker has the first, Node neither. */
const page: Partial<
  Pick<typeof globalThis, "addEventListener" | "removeEventListener" | "document">
> = globalThis;
