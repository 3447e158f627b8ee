import { InvalidOptionError } from "../errors.ts";
import { fetchTransport } from "./transport-fetch.ts";
import type { DispatcherLike, Transport } from "./transport.ts";

/**
 * Browsers send a request again, a POST too, where a kept-alive connection turns out to be dead.
 * Nobody is told.
 */
export const platformResends: boolean = true;

/** The transport of a platform without a faster one: `fetch`. */
export function platformTransport(dispatcher?: DispatcherLike): Transport {
  if (dispatcher) {
    throw new InvalidOptionError("dispatcher is for Node only: pass `fetch` on this platform.");
  }
  return fetchTransport();
}
