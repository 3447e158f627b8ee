import type { ExchangeRequest, ExchangeResponse } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { headOfStream } from "../protocol/read/head.ts";
import { readStream } from "../protocol/read/read.ts";
import type { ReadContext } from "../protocol/read/read-context.ts";
import { appendToStream } from "../protocol/write/append.ts";
import { createStream, forkSource } from "../protocol/write/create.ts";
import { deleteStream } from "../protocol/write/delete.ts";
import { closedHeader } from "../protocol/write/request-headers.ts";
import type { WriteContext } from "../protocol/write/write-context.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import { checkRequestSize, type Limits } from "./limits.ts";
import type { Authorize, Metric, RequestOperation } from "./options.ts";

const methods = "GET, HEAD, POST, PUT, DELETE";

/** The operation of any request, also of those that need no authorization. */
export type AnyOperation = (Metric & { type: "request" })["operation"];

export interface RouterOptions {
  readonly read: ReadContext;
  readonly write: WriteContext;
  readonly limits: Limits;
  readonly subscriptions: Subscriptions | undefined;
  readonly authorize: Authorize | undefined;
}

/** Takes each request to the function that implements its operation. */
export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Throws an HttpError for a request that is refused. */
  async route(
    request: ExchangeRequest,
    operation: AnyOperation,
    path: string | undefined,
  ): Promise<ExchangeResponse> {
    const { read, write, limits } = this.#options;
    if (path === undefined) throw new HttpError(404, "No stream can be at this URL.");
    checkRequestSize(request, path, limits);
    switch (operation) {
      case "subscribe":
        return this.#control(request, path.slice(controlPrefix.length));
      case "create":
        return this.#create(request, path);
      case "append":
      case "close":
        await this.#authorize(request, operation, path);
        return appendToStream(write, request, path, () => this.#authorize(request, "append", path));
      case "read":
        await this.#authorize(request, operation, path);
        return readStream(read, request, path);
      case "head":
        await this.#authorize(request, operation, path);
        return headOfStream(read, path);
      case "delete":
        await this.#authorize(request, operation, path);
        return deleteStream(write, path);
      default:
        throw new HttpError(405, `Use one of ${methods}.`, { allow: methods });
    }
  }

  #control(request: ExchangeRequest, rest: string): Promise<ExchangeResponse> {
    const { subscriptions } = this.#options;
    if (!subscriptions) throw new HttpError(404, "This server has no subscriptions.");
    return subscriptions.handle(request, rest, {
      expect: ({ operation, path, subscription }) =>
        this.#authorize(request, operation, path, subscription),
      allows: async (what) =>
        ((await this.#options.authorize?.(request.toRequest(), what)) ?? true) === true,
    });
  }

  async #create(request: ExchangeRequest, path: string): Promise<ExchangeResponse> {
    const { write } = this.#options;
    const fork = forkSource(write, request);
    if (fork) await this.#authorize(request, "fork", fork.path);
    await this.#authorize(request, "create", path);
    return createStream(write, request, path, fork);
  }

  async #authorize(
    request: ExchangeRequest,
    operation: RequestOperation,
    path: string,
    subscription?: string,
  ): Promise<void> {
    const what = { operation, path, ...(subscription !== undefined && { subscription }) };
    const verdict = await this.#options.authorize?.(request.toRequest(), what);
    if (verdict === undefined || verdict === true) return;
    if (verdict === false) throw new HttpError(403, `You may not ${operation} here.`);
    throw new RefusedByHook({
      status: verdict.status,
      headers: Object.fromEntries(verdict.headers),
      body: new Uint8Array(await verdict.arrayBuffer()),
    });
  }
}

/** The authorize hook refused the request with a response of its own. */
export class RefusedByHook extends Error {
  readonly response: ExchangeResponse;

  constructor(response: ExchangeResponse) {
    super("The authorize hook refused the request.");
    this.response = response;
  }
}

/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 6) */
const controlPrefix = "__ds/";

export function operationOf(request: ExchangeRequest, path: string | undefined): AnyOperation {
  const isControl = path === "__ds" || path?.startsWith(controlPrefix);
  if (isControl && request.method !== "OPTIONS") return "subscribe";
  switch (request.method) {
    case "PUT":
      return "create";
    case "POST":
      return closedHeader(request) ? "close" : "append";
    case "GET":
      return "read";
    case "HEAD":
      return "head";
    case "DELETE":
      return "delete";
    case "OPTIONS":
      return "preflight";
    default:
      return "unknown";
  }
}
