// https://github.com/nodejs/undici/blob/v7.x/docs/docs/api/Connector.md
import { Agent, buildConnector } from "undici";

/** How many requests of each origin wait for a connection. */
const waiting = new Map<string, number>();

/** Counts a request that waits for a connection; call the result once when it no longer does. */
export function waitForConnection(origin: string): () => void {
  waiting.set(origin, (waiting.get(origin) ?? 0) + 1);
  return () => {
    const left = (waiting.get(origin) ?? 1) - 1;
    if (left > 0) waiting.set(origin, left);
    else waiting.delete(origin);
  };
}

/**
 * The pool of kept-alive connections that the process shares. The exchange has the deadlines (a
 * long-poll's differ from an append's), so undici has only that for connecting, which would otherwise
 * continue after the request was aborted.
 *
 * When a request is aborted, undici connects again for it, and finds out only then that there is nothing
 * to send: one idle connection for each request that was cancelled. So no connection is made, or kept,
 * that no request waits for.
 */
export function makeAgent(): Agent {
  const connect = buildConnector({ timeout: 10_000 });
  return new Agent({
    bodyTimeout: 0,
    headersTimeout: 0,
    connect(options, callback) {
      const isNeeded = () => waiting.has(`${options.protocol}//${options.host ?? ""}`);
      const unneeded = () => {
        callback(new Error("The requests that needed this connection were aborted."), null);
      };
      if (!isNeeded()) {
        unneeded();
        return;
      }
      connect(options, (error, socket) => {
        if (!socket) callback(error, null);
        else if (isNeeded()) callback(null, socket);
        else {
          socket.destroy();
          unneeded();
        }
      });
    },
  });
}
