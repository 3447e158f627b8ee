import type { ExchangeRequest } from "../http/exchange.ts";
import { bodyCutShort, bodyTooLarge, RequestBody } from "../http/request-body.ts";
import type { NodeRequest, NodeResponse } from "./node-http.ts";

/** A request of Node's HTTP server. */
export class NodeExchange implements ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  #controller: AbortController | undefined;

  constructor(request: NodeRequest, response: NodeResponse) {
    this.method = request.method ?? "GET";
    const target = request.url ?? "/";
    const scheme = "encrypted" in request.socket ? "https" : "http";
    const { host = "localhost" } = request.headers;
    // A Host such as "x/secret?" would change the path, unseen by a proxy that guards paths.
    if (/[/\\?#@]/.test(host)) throw new TypeError("The Host header is not valid.");
    const origin = `${scheme}://${host}`;
    // A target such as "//a/b" must stay a path. Others are whole URLs, which proxies send, or "*".
    if (target.startsWith("/")) this.url = new URL(origin + target);
    else this.url = new URL(URL.canParse(target) ? target : origin);
    this.#request = request;
    this.#response = response;
  }

  /** Made on demand: most requests never wait for anything that could be aborted. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController();
      this.#controller = controller;
      const response = this.#response;
      if (response.destroyed) controller.abort();
      response.once("close", () => {
        if (!response.writableFinished) controller.abort();
      });
    }
    return this.#controller.signal;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  body(maxBytes: number): Promise<Uint8Array> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const body = new RequestBody(maxBytes, this.header("content-length"));
      request.on("data", (chunk) => {
        try {
          body.push(chunk as Uint8Array);
        } catch {
          request.pause();
          request.removeAllListeners("data");
          reject(bodyTooLarge(maxBytes));
        }
      });
      let isWhole = false;
      request.on("end", () => {
        isWhole = true;
        resolve(body.end());
      });
      const onClose = () => {
        // It also follows the end of a whole body, and making an error costs time.
        if (!isWhole) reject(bodyCutShort());
      };
      request.on("error", reject);
      request.on("close", onClose);
      // If the client left while a hook decided, no event follows.
      if (request.destroyed) onClose();
    });
  }

  toRequest(): Request {
    const headers = new Headers();
    for (const [name, value] of Object.entries(this.#request.headers)) {
      for (const each of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, each);
    }
    return new Request(this.url, { method: this.method, headers, signal: this.signal });
  }
}
