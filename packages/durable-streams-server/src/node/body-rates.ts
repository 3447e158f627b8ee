import { HttpError } from "../http/http-error.ts";
import { securityHeaders } from "../http/security-headers.ts";

/** The part of Node's IncomingMessage that is used. */
export interface RatedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly complete: boolean;
  readonly destroyed: boolean;
  /** True while somebody reads the body. */
  readonly readableFlowing: boolean | null;
  readonly socket: { readonly bytesRead: number };
}

/** The part of Node's ServerResponse that is used. */
export interface RatedResponse {
  readonly headersSent: boolean;
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string, done?: () => void): unknown;
  destroy(): unknown;
}

interface Watched {
  readonly response: RatedResponse;
  since: number;
  bytesRead: number;
}

/** Over how long the rate of a body is measured, in milliseconds. */
const WINDOW_MS = 10_000;
const CHECK_MS = 1000;

/** Ends requests whose bodies arrive too slowly. Time in which nobody reads a body does not count. */
export class BodyRates {
  readonly #minBytesPerSecond: number;
  readonly #watched = new Map<RatedRequest, Watched>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(minBytesPerSecond: number) {
    this.#minBytesPerSecond = minBytesPerSecond;
  }

  watch(request: RatedRequest, response: RatedResponse): void {
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
    if (length === "0" && encoding === undefined) return;
    this.#watched.set(request, {
      response,
      since: performance.now(),
      bytesRead: request.socket.bytesRead,
    });
    this.#timer ??= setInterval(() => {
      this.#check();
    }, CHECK_MS);
    this.#timer.unref();
  }

  #check(): void {
    const now = performance.now();
    for (const [request, watched] of this.#watched) {
      const { bytesRead } = request.socket;
      if (request.complete || request.destroyed) {
        this.#watched.delete(request);
      } else if (request.readableFlowing !== true) {
        Object.assign(watched, { since: now, bytesRead });
      } else if (now - watched.since >= WINDOW_MS) {
        const least = (this.#minBytesPerSecond * (now - watched.since)) / 1000;
        if (bytesRead - watched.bytesRead < least) this.#end(request, watched);
        else Object.assign(watched, { since: now, bytesRead });
      }
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #end(request: RatedRequest, { response }: Watched): void {
    this.#watched.delete(request);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error = new HttpError(
      408,
      `The body arrived at less than ${this.#minBytesPerSecond} bytes per second. Nothing was stored.`,
    );
    const { status, headers, body } = error.toResponse();
    response.writeHead(status, { ...headers, ...securityHeaders, connection: "close" });
    response.end(body as string, () => {
      response.destroy();
    });
  }
}
