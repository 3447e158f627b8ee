import type { Listener } from "./listener.ts";

/** Nothing but Node can listen. */
export function listen(
  _handle: (request: Request) => Promise<Response>,
  _port: number,
): Promise<Listener> {
  return Promise.reject(new Error("listen() needs Node; use the fake's fetch function here."));
}
