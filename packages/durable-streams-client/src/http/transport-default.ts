import { InvalidOptionError } from "../errors.ts";
import { fetchTransport } from "./transport-fetch.ts";
import type { DispatcherLike, Transport } from "./transport.ts";

/**
 * Browsers silently repeat a request, even a POST, when a kept-alive connection turns out to be dead:
 * what looks like the response to a first attempt may be that to a second.
 */
export const platformResends: boolean = true;

/** The transport of a platform that has none faster than `fetch`. */
export function platformTransport(dispatcher?: DispatcherLike): Transport {
  if (dispatcher) {
    throw new InvalidOptionError("dispatcher works in Node only: pass fetch on this platform.");
  }
  return fetchTransport();
}
