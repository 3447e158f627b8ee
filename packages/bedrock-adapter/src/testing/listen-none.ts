import type { Listener } from "./listener.ts";

/** Outside Node there are no servers. */
export function listen(
  _handle: (request: Request) => Promise<Response>,
  _port: number,
): Promise<Listener> {
  return Promise.reject(
    new Error("listen() needs Node.js: pass the fake's fetch function to the client instead."),
  );
}
