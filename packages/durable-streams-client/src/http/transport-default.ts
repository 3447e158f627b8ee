import { InvalidOptionError } from "../errors.ts";
import { fetchTransport } from "./transport-fetch.ts";
import type { DispatcherLike, Transport } from "./transport.ts";

/** The transport of a platform that has none faster than `fetch`. */
export function platformTransport(dispatcher?: DispatcherLike): Transport {
  if (dispatcher) {
    throw new InvalidOptionError("dispatcher works in Node only: pass fetch on this platform.");
  }
  return fetchTransport();
}
