import type { ExchangeRequest, ExchangeResponse } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { DurableStreamsServerError } from "../store/errors.ts";
import type { Logger } from "../store/logger.ts";
import type { Cors } from "./cors.ts";
import type { Metric } from "./options.ts";
import { operationOf, RefusedByHook, type AnyOperation, type Router } from "./router.ts";

export interface RequestHandlerOptions {
  readonly toStreamPath: (pathname: string) => string | undefined;
  readonly cors: Cors | undefined;
  readonly onMetric: ((metric: Metric) => void) | undefined;
  readonly logger: Logger | undefined;
}

/** Turns whatever becomes of a request into a response: a result, a refusal or a failure. */
export class RequestHandler {
  readonly #router: Router;
  readonly #options: RequestHandlerOptions;
  #isRefusing = false;
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  constructor(router: Router, options: RequestHandlerOptions) {
    this.#router = router;
    this.#options = options;
  }

  /** Refuses every request from now on, with a 503. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Resolves when no request waits for its response, or after `timeoutMs`. Bodies do not count. */
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

  /** Never rejects. */
  async handle(request: ExchangeRequest): Promise<ExchangeResponse> {
    const { toStreamPath, onMetric } = this.#options;
    const start = onMetric ? performance.now() : 0;
    const path = toStreamPath(request.url.pathname);
    const operation = operationOf(request, path);
    this.#underWay++;
    let response: ExchangeResponse;
    try {
      response = await this.#respond(request, operation, path);
    } catch (error) {
      response = this.#failure(error, request);
    } finally {
      if (--this.#underWay === 0) this.#onIdle?.();
    }
    onMetric?.({
      type: "request",
      operation,
      status: response.status,
      durationMs: performance.now() - start,
    });
    return this.#finish(request, response);
  }

  async #respond(
    request: ExchangeRequest,
    operation: AnyOperation,
    path: string | undefined,
  ): Promise<ExchangeResponse> {
    if (this.#isRefusing) {
      throw new HttpError(503, "The server is shutting down.", { "retry-after": "1" });
    }
    const { cors } = this.#options;
    if (operation === "preflight" && cors) return cors.preflight();
    return this.#router.route(request, operation, path);
  }

  #failure(error: unknown, request: ExchangeRequest): ExchangeResponse {
    if (error instanceof HttpError) return error.toResponse();
    if (error instanceof RefusedByHook) return error.response;
    if (request.signal.aborted) return new HttpError(499, "The client went away.").toResponse();
    const { method, url } = request;
    this.#options.logger?.error({ err: error, method, path: url.pathname }, "The request failed");
    if (!(error instanceof DurableStreamsServerError)) {
      return new HttpError(500, "The server failed. Its log says why.").toResponse();
    }
    if (error.code === "STORE_FULL") return new HttpError(507, error.message).toResponse();
    return new HttpError(503, error.message, { "retry-after": "1" }).toResponse();
  }

  #finish(request: ExchangeRequest, response: ExchangeResponse): ExchangeResponse {
    const { status, headers, body } = response;
    headers["x-content-type-options"] = "nosniff";
    headers["cross-origin-resource-policy"] = "same-origin";
    const { cors } = this.#options;
    if (cors) Object.assign(headers, this.#corsHeaders(cors, request));
    const isBodyless = request.method === "HEAD" || status === 204 || status === 304;
    return isBodyless && body !== undefined ? { status, headers } : response;
  }

  /** A hook that throws here does not change the response: the operation has been done. */
  #corsHeaders(cors: Cors, request: ExchangeRequest): Record<string, string> {
    try {
      return cors.headers(request);
    } catch (err) {
      this.#options.logger?.error({ err }, "cors.origin failed");
      return {};
    }
  }
}
