import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

/**
 * One kept-alive HTTP/1.1 connection that costs the load's process as little as possible: on two cores
 * a client library would take as much time as the measured server. Responses arrive in the order of the
 * requests, so several may be in flight (pipelining). All contestants use it.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #waiting: { resolve: (status: number) => void; reject: (error: Error) => void }[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(url: URL) {
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("The server closed the connection.")));
  }

  /** Sends a whole request and resolves to the status of its response. */
  send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(request, "latin1");
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (;;) {
      const length = responseLength(bytes);
      if (length === undefined || length > bytes.length) break;
      this.#waiting.shift()?.resolve(Number(bytes.toString("latin1", 9, 12)));
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Returns the length of the first response in bytes, head and body; `undefined` while unknown. */
function responseLength(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd).toLowerCase();
  const bodyStart = headEnd + HEAD_END.length;
  if (!head.includes("\r\ntransfer-encoding: chunked")) {
    return bodyStart + Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  }
  const lastChunk = bytes.indexOf("\r\n0\r\n\r\n", headEnd + 2);
  return lastChunk < 0 ? undefined : lastChunk + 7;
}
