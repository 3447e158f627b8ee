import { connect, createServer, type Socket } from "node:net";

/** Why a connection ends before its time: the proxy cuts it, or something behind it dies. */
export interface Fault {
  /** How many bytes of the response's body still pass on the connection that the fault hits. */
  readonly afterBytes: number;
  /** What happens then. The connection is destroyed in any case. */
  readonly onHit: () => void;
}

export interface CuttingProxy {
  readonly url: string;
  /** Where new connections lead to from now on: the origin of the web server. */
  setTarget(url: string | undefined): void;
  /** The faults, hit one after the other, one a connection. */
  setFaults(faults: readonly Fault[]): void;
  /** How many faults have not been hit yet. */
  faultsLeft(): number;
  close(): Promise<void>;
}

/**
 * A small TCP proxy that cuts connections at exact byte positions of what the server sends. Of HTTP it
 * knows where the body begins, so that every cut hits an answer that the reader has begun to read. And
 * when the frame that ends the answer passes by and faults are left, it cuts there, because on a very
 * short answer there will be no later chance.
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
    const meter = new AnswerMeter(lastFrame);
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      const cutAt = meter.cutPosition(chunk, faults[0]?.afterBytes);
      if (cutAt === undefined) {
        if (!client.write(chunk)) upstream.pause();
        return;
      }
      const fault = faults.shift();
      upstream.destroy();
      // What was let through must arrive; a reset would take it back from the reader's socket.
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

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    setTarget: (url) => {
      target = url;
    },
    setFaults: (planned) => {
      faults = [...planned];
    },
    faultsLeft: () => faults.length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const endOfHead = "\r\n\r\n";

/** Follows the bytes of one answer and says where in a chunk a fault is due. */
class AnswerMeter {
  readonly #lastFrame: string;
  #isInBody = false;
  /** Bytes of the body that have passed. */
  #passed = 0;
  /** The end of what has passed, to find what a chunk boundary splits. */
  #tail = "";

  constructor(lastFrame: string) {
    this.#lastFrame = lastFrame;
  }

  /** How many bytes of `chunk` may pass before the connection is cut; `undefined` for all and no cut. */
  cutPosition(chunk: Buffer, afterBytes: number | undefined): number | undefined {
    if (afterBytes === undefined) return undefined;
    const text = this.#tail + chunk.toString("latin1");
    let bodyAt = 0;
    if (!this.#isInBody) {
      const end = text.indexOf(endOfHead);
      this.#tail = text.slice(-endOfHead.length + 1);
      if (end === -1) return undefined;
      this.#isInBody = true;
      bodyAt = end + endOfHead.length - (text.length - chunk.length);
    }
    const lastFrameAt = text.indexOf(this.#lastFrame) - (text.length - chunk.length);
    const due = bodyAt + afterBytes - this.#passed;
    if (text.includes(this.#lastFrame)) return Math.max(bodyAt, Math.min(due, lastFrameAt));
    this.#passed += chunk.length - bodyAt;
    this.#tail = text.slice(-this.#lastFrame.length);
    return due < chunk.length ? due : undefined;
  }
}
