import { connect, createServer, type Socket } from "node:net";
import { listen } from "../listen.ts";
import { ResponseMeter } from "./response-meter.ts";

/** The early end of a connection: the proxy cuts it, or something behind it dies. */
export interface Fault {
  /** How many bytes of the response's body still pass on the connection that the fault hits. */
  readonly afterBytes: number;
  /** Called when it hits. The connection is destroyed in any case. */
  readonly onHit: () => void;
}

export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Sets where new connections lead to: the origin of the web server, or nowhere. */
  setTarget(url: string | undefined): void;
  /** Sets the faults, which hit one after the other, one per connection. */
  setFaults(faults: readonly Fault[]): void;
  /** Returns how many faults have not hit yet. */
  faultsLeft(): number;
}

/**
 * Starts a small TCP proxy that cuts connections at exact byte positions of what the server sends. Of
 * HTTP it knows where the body begins, so every cut hits a response that the reader has begun to read.
 * When `lastFrame`, the end of a response, passes and faults are left, it cuts there, because a very
 * short response gives no later chance.
 */
export async function startCuttingProxy(lastFrame: string): Promise<CuttingProxy> {
  let target: string | undefined;
  let faults: Fault[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    track(client);
    if (target === undefined) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(target);
    const upstream = connect(Number(port), hostname);
    track(upstream);
    const meter = new ResponseMeter(lastFrame);
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      const cutAt = meter.cutPosition(chunk, faults[0]?.afterBytes);
      if (cutAt === undefined) {
        if (!client.write(chunk)) upstream.pause();
        return;
      }
      const fault = faults.shift();
      upstream.destroy();
      // The bytes before the cut must arrive; a reset would discard them in the reader's socket.
      client.end(chunk.subarray(0, cutAt), () => client.destroy());
      fault?.onHit();
    });
    client.on("drain", () => upstream.resume());
    upstream.on("end", () => client.end());
    const destroyBoth = () => {
      client.destroy();
      upstream.destroy();
    };
    upstream.on("error", destroyBoth);
    client.on("error", destroyBoth);
    client.on("close", () => upstream.destroy());
  });

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  }

  return {
    url: await listen(server),
    setTarget: (url) => {
      target = url;
    },
    setFaults: (planned) => {
      faults = [...planned];
    },
    faultsLeft: () => faults.length,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
