import { inject } from "vitest";

/** The ways requests are sent on this platform: its own transport, and `fetch` where that differs. */
export const transports: readonly (readonly [string, { fetch?: typeof fetch }])[] =
  "document" in globalThis
    ? [["fetch", {}]]
    : [
        ["undici", {}],
        ["fetch", { fetch: (input, init) => fetch(input, init) }],
      ];

let count = 0;

/** A stream's URL that no other test uses, on the real server. */
export function freshUrl(name: string = "stream"): string {
  return `${inject("proxyUrl")}/plain/${freshPath(name)}`;
}

/** The same stream over faults that `seed` decides. */
export function faultyUrl(url: string, seed: number): string {
  return url.replace("/plain/", `/faults/${seed}/`);
}

function freshPath(name: string): string {
  count++;
  return `${name}-${count}-${Math.random().toString(36).slice(2)}`;
}
