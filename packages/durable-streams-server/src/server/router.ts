import { DurableStreamsServerError } from "../store/errors.ts";
import { HttpError, type ExchangeAnswer, type ExchangeRequest } from "../http/exchange.ts";
import { checkRequestSize } from "./limits.ts";
import type { DurableStreamsOptions, Metric, Operation } from "./options.ts";
import { appendToStream } from "../protocol/write/append.ts";
import type { ProtocolContext } from "../protocol/context.ts";
import { Cors } from "./cors.ts";
import { createStream, forkSource } from "../protocol/write/create.ts";
import { deleteStream, headOfStream } from "../protocol/read/head.ts";
import { readStream } from "../protocol/read/read.ts";
import { closedHeader } from "../protocol/write/request-headers.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";

const methods = "GET, HEAD, POST, PUT, DELETE";

type RequestOperation = (Metric & { type: "request" })["operation"];

/** Takes each request to its operation, and makes an answer of whatever comes out. */
export class Router {
  readonly #context: ProtocolContext;
  readonly #options: DurableStreamsOptions;
  readonly #cors: Cors | undefined;
  readonly #subscriptions: Subscriptions | undefined;
  #isRefusing = false;
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  constructor(
    context: ProtocolContext,
    options: DurableStreamsOptions,
    subscriptions: Subscriptions | undefined,
  ) {
    this.#context = context;
    this.#subscriptions = subscriptions;
    this.#options = options;
    this.#cors = options.cors && new Cors(options.cors);
  }

  /** From now on every request is answered with 503. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Resolves when no request is under way, its answer's body aside; or after `timeoutMs`. */
  whenIdle(timeoutMs: number): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async handle(request: ExchangeRequest): Promise<ExchangeAnswer> {
    const { onMetric } = this.#options;
    const start = onMetric ? performance.now() : 0;
    const path = this.#context.toStreamPath(request.url.pathname);
    const operation = operationOf(request, path);
    this.#underWay++;
    let answer: ExchangeAnswer;
    try {
      answer = await this.#answer(request, operation, path);
    } catch (error) {
      answer = this.#failure(error, request);
    } finally {
      if (--this.#underWay === 0) this.#onIdle?.();
    }
    onMetric?.({
      type: "request",
      operation,
      status: answer.status,
      durationMs: performance.now() - start,
    });
    return this.#finished(request, answer);
  }

  #finished(request: ExchangeRequest, answer: ExchangeAnswer): ExchangeAnswer {
    const { headers } = answer;
    headers["x-content-type-options"] = "nosniff";
    headers["cross-origin-resource-policy"] = "same-origin";
    if (this.#cors) Object.assign(headers, this.#corsHeaders(this.#cors, request));
    const isBodyless = request.method === "HEAD" || answer.status === 204 || answer.status === 304;
    return isBodyless && answer.body !== undefined ? { status: answer.status, headers } : answer;
  }

  /** The answer stands whatever happens in a hook: the operation has been done. */
  #corsHeaders(cors: Cors, request: ExchangeRequest): Record<string, string> {
    try {
      return cors.headers(request);
    } catch (err) {
      this.#options.logger?.error({ err }, "cors.origin failed");
      return {};
    }
  }

  async #answer(
    request: ExchangeRequest,
    operation: RequestOperation,
    path: string | undefined,
  ): Promise<ExchangeAnswer> {
    if (this.#isRefusing) {
      throw new HttpError(503, "The server is shutting down.", { "retry-after": "1" });
    }
    if (operation === "preflight" && this.#cors) return this.#cors.preflight();
    if (path === undefined) throw new HttpError(404, "No stream can be at this URL.");
    checkRequestSize(request, path, this.#context.limits);
    switch (operation) {
      case "subscribe":
        return this.#control(request, path.slice(5));
      case "create":
        return this.#create(request, path);
      case "append":
      case "close":
        await this.#authorize(request, operation, path);
        return appendToStream(this.#context, request, path, () =>
          this.#authorize(request, "append", path),
        );
      case "read":
        await this.#authorize(request, operation, path);
        return readStream(this.#context, request, path);
      case "head":
        await this.#authorize(request, operation, path);
        return headOfStream(this.#context, path);
      case "delete":
        await this.#authorize(request, operation, path);
        return deleteStream(this.#context, path);
      default:
        throw new HttpError(405, `Use one of ${methods}.`, { allow: methods });
    }
  }

  #control(request: ExchangeRequest, rest: string): Promise<ExchangeAnswer> {
    if (!this.#subscriptions) throw new HttpError(404, "This server has no subscriptions.");
    return this.#subscriptions.answer(request, rest, (id) =>
      this.#authorize(request, "subscribe", id),
    );
  }

  async #create(request: ExchangeRequest, path: string): Promise<ExchangeAnswer> {
    const fork = forkSource(this.#context, request);
    if (fork) await this.#authorize(request, "fork", fork.path);
    await this.#authorize(request, "create", path);
    return createStream(this.#context, request, path, fork);
  }

  async #authorize(request: ExchangeRequest, operation: Operation, path: string): Promise<void> {
    const verdict = await this.#options.authorize?.(request.toRequest(), { operation, path });
    if (verdict === undefined || verdict === true) return;
    if (verdict === false) throw new HttpError(403, `You may not ${operation} here.`);
    throw new RefusedByHook({
      status: verdict.status,
      headers: Object.fromEntries(verdict.headers),
      body: new Uint8Array(await verdict.arrayBuffer()),
    });
  }

  #failure(error: unknown, request: ExchangeRequest): ExchangeAnswer {
    if (error instanceof HttpError || error instanceof RefusedByHook) return error.answer;
    if (request.signal.aborted) return new HttpError(499, "The client went away.").answer;
    const { method, url } = request;
    this.#options.logger?.error({ err: error, method, path: url.pathname }, "The request failed");
    if (!(error instanceof DurableStreamsServerError)) {
      return new HttpError(500, "The server failed. Its log says why.").answer;
    }
    if (error.code === "STORE_FULL") return new HttpError(507, error.message).answer;
    return new HttpError(503, error.message, { "retry-after": "1" }).answer;
  }
}

class RefusedByHook extends Error {
  readonly answer: ExchangeAnswer;

  constructor(answer: ExchangeAnswer) {
    super("The authorize hook refused the request.");
    this.answer = answer;
  }
}

function operationOf(request: ExchangeRequest, path: string | undefined): RequestOperation {
  if (isControlPath(path) && request.method !== "OPTIONS") return "subscribe";
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

/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 6) */
function isControlPath(path: string | undefined): boolean {
  return path !== undefined && (path === "__ds" || path.startsWith("__ds/"));
}
