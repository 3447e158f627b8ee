import { connect, createServer, type Socket } from "node:net";

/** A reader's connection that has come back. */
export interface Return {
  readonly lastEventId: string | undefined;
}

export interface PageProxy {
  readonly url: string;
  /** Where new connections lead to from now on; undefined: nowhere. */
  setTarget(url: string | undefined): void;
  /** Breaks the readers' connections of this moment, and says how many. */
  cut(): number;
  /** Breaks every reader's connection after so many bytes of its answer; 0: none. */
  setCutEvery(bytes: number): void;
  /** Holds back every piece for a reader, in milliseconds. */
  setLatency(ms: number): void;
  /** Told whenever a reader asks for events, again or for the first time. */
  onReader(listener: (reader: Return) => void): void;
  close(): Promise<void>;
}

/** What a reader's request begins with; all other connections pass untouched. */
const readerRequest = /^GET \/agents\/[^/ ]+\/events[? ]/;

/**
 * What the browser takes for the web server: a TCP proxy that breaks and delays the connections on which
 * events are read. The page itself and its buttons go through as they are, or nobody could repair
 * anything.
 */
export async function startPageProxy(port: number): Promise<PageProxy> {
  const pairs = new Set<Pair>();
  const faults: Faults = {
    target: undefined,
    cutEvery: 0,
    latencyMs: 0,
    onReader: () => undefined,
  };
  const server = createServer((client) => {
    if (faults.target === undefined) {
      client.destroy();
      return;
    }
    const pair = new Pair(client, faults.target, faults);
    pairs.add(pair);
    client.on("close", () => pairs.delete(pair));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    setTarget: (url) => {
      faults.target = url;
    },
    cut: () => {
      const readers = [...pairs].filter(({ isReader }) => isReader);
      for (const pair of readers) pair.destroy();
      return readers.length;
    },
    setCutEvery: (bytes) => {
      faults.cutEvery = bytes;
    },
    setLatency: (ms) => {
      faults.latencyMs = ms;
    },
    onReader: (listener) => {
      faults.onReader = listener;
    },
    close: async () => {
      for (const pair of pairs) pair.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Faults {
  target: string | undefined;
  cutEvery: number;
  latencyMs: number;
  onReader: (reader: Return) => void;
}

/** The browser's connection and ours to the web server. */
class Pair {
  isReader: boolean = false;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #faults: Faults;
  /** Bytes of the answer's body so far, and how many frames ended in them. */
  #isInBody = false;
  #passed = 0;
  #frameEnds = 0;
  #late: Promise<void> = Promise.resolve();

  constructor(client: Socket, target: string, faults: Faults) {
    const { hostname, port } = new URL(target);
    this.#client = client;
    this.#upstream = connect(Number(port), hostname);
    this.#faults = faults;
    client.setNoDelay(true);
    this.#upstream.setNoDelay(true);
    client.on("data", (chunk) => this.#fromClient(chunk));
    this.#upstream.on("data", (chunk) => this.#toClient(chunk));
    client.on("drain", () => this.#upstream.resume());
    this.#upstream.on("drain", () => client.resume());
    client.on("end", () => this.#upstream.end());
    this.#upstream.on("end", () => void this.#late.then(() => client.end()));
    for (const socket of [client, this.#upstream]) {
      socket.on("error", () => this.destroy());
      socket.on("close", () => void this.#late.then(() => this.destroy()));
    }
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** A browser sends no request before the answer to the one before, so each begins a chunk. */
  #fromClient(chunk: Buffer): void {
    const text = chunk.toString("latin1");
    if (/^[A-Z]+ \//.test(text)) {
      this.isReader = readerRequest.test(text);
      this.#isInBody = false;
      if (this.isReader)
        this.#faults.onReader({ lastEventId: /\r\nlast-event-id: ?([^\r]*)/i.exec(text)?.[1] });
    }
    if (!this.#upstream.write(chunk)) this.#client.pause();
  }

  #toClient(chunk: Buffer): void {
    const { latencyMs } = this.#faults;
    if (!this.isReader || latencyMs === 0) {
      void this.#late.then(() => this.#write(chunk));
      return;
    }
    const due = performance.now() + latencyMs;
    this.#late = this.#late.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      this.#write(chunk);
    });
  }

  #write(chunk: Buffer): void {
    if (this.#client.destroyed) return;
    const cutAt = this.isReader ? this.#cutPosition(chunk) : undefined;
    if (cutAt === undefined) {
      if (!this.#client.write(chunk)) this.#upstream.pause();
      return;
    }
    this.#upstream.destroy();
    // What was let through must arrive; a reset would take it back from the reader's socket.
    this.#client.end(chunk.subarray(0, cutAt), () => this.#client.destroy());
  }

  #beginBody(): void {
    this.#isInBody = true;
    this.#passed = 0;
    this.#frameEnds = 0;
  }

  /** Where in the chunk the connection breaks: after so many bytes, but never before one event is through. */
  #cutPosition(chunk: Buffer): number | undefined {
    const { cutEvery } = this.#faults;
    if (cutEvery === 0) return undefined;
    // The head comes in one piece, and nothing of the body before it.
    const bodyAt = this.#isInBody ? 0 : chunk.indexOf("\r\n\r\n") + 4;
    if (!this.#isInBody) this.#beginBody();
    const before = this.#passed;
    this.#passed += chunk.length - bodyAt;
    let through = this.#frameEnds >= framesBeforeCut ? 0 : undefined;
    for (let at = chunk.indexOf("\n\n"); at !== -1; at = chunk.indexOf("\n\n", at + 2)) {
      this.#frameEnds++;
      if (this.#frameEnds === framesBeforeCut) through = at + 2;
    }
    if (through === undefined) return undefined;
    const position = Math.max(through, bodyAt + cutEvery - before);
    return position < chunk.length ? position : undefined;
  }
}

/** The comment that opens the answer, and one event. */
const framesBeforeCut = 2;
