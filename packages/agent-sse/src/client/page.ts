type Listen = (
  type: string,
  listener: () => void,
  options?: { signal?: AbortSignal | undefined },
) => void;

/** What is used of a browser's page, in types that a server's compiler knows. */
interface Page {
  addEventListener: Listen;
  location: { readonly href: string; readonly origin: string };
  document: {
    readonly hidden: boolean;
    readonly baseURI: string;
    addEventListener: Listen;
    removeEventListener(type: string, listener: () => void): void;
  };
}

/** A worker has no document, Node has nothing of it. */
export const page: Partial<Page> = globalThis as Partial<Page>;

/** Calls back whenever the page is shown again or comes back online, until the signal fires. */
export function onPageShown(signal: AbortSignal, callback: () => void): void {
  page.addEventListener?.("online", callback, { signal });
  page.document?.addEventListener(
    "visibilitychange",
    () => {
      if (!page.document?.hidden) callback();
    },
    { signal },
  );
}
