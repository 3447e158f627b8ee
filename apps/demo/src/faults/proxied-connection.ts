import { connect, type Socket } from "node:net";
import { delay } from "@freshet/core";

/** A reader's request for events, the first or one that resumes. */
export interface ReaderRequest {
  readonly lastEventId: string | undefined;
}

/** The faults that are switched on for all readers, shared by all connections. */
export interface ReaderFaults {
  cutEvery: number;
  latencyMs: number;
  onReader: (request: ReaderRequest) => void;
}

/** The first line of a reader's request; connections without one pass untouched. */
const readerRequest = /^GET \/agents\/[^/ ]+\/events[? ]/;

/** The frames that pass before a cut: the comment that opens the response, and one event. */
const framesBeforeCut = 2;

/** A browser's connection to the proxy, joined to one from the proxy to the web server. */
export class ProxiedConnection {
  isReader: boolean = false;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #faults: ReaderFaults;
  #isInBody = false;
  /** Bytes of the response's body so far, and how many frames ended in them. */
  #passed = 0;
  #frameEnds = 0;
  /** Settles when everything that was delayed has been written. */
  #delayed: Promise<void> = Promise.resolve();

  constructor(client: Socket, target: string, faults: ReaderFaults) {
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
    this.#upstream.on("end", () => void this.#delayed.then(() => client.end()));
    for (const socket of [client, this.#upstream]) {
      socket.on("error", () => this.destroy());
      socket.on("close", () => void this.#delayed.then(() => this.destroy()));
    }
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** A browser sends no request before the previous response is complete, so each begins a chunk. */
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
      void this.#delayed.then(() => this.#write(chunk));
      return;
    }
    const due = performance.now() + latencyMs;
    this.#delayed = this.#delayed.then(async () => {
      await delay(Math.max(0, due - performance.now()));
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
    // The bytes before the cut must arrive; a reset would discard them in the reader's socket.
    this.#client.end(chunk.subarray(0, cutAt), () => this.#client.destroy());
  }

  #beginBody(): void {
    this.#isInBody = true;
    this.#passed = 0;
    this.#frameEnds = 0;
  }

  /** Where in the chunk the connection breaks: after so many bytes, never before one whole event. */
  #cutPosition(chunk: Buffer): number | undefined {
    const { cutEvery } = this.#faults;
    if (cutEvery === 0) return undefined;
    // The head comes in one chunk, and nothing of the body before it.
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
