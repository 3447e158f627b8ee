import type { IncomingMessage, ServerResponse } from "node:http";
import type { Store } from "../store/store.ts";
import { unauthorizedMessage, type BearerCheck } from "./bearer-check.ts";
import { metricsAreOff, type Metrics } from "./metrics.ts";

/** The routes /healthz and /metrics, next to the streams. */
export class MonitoringRoutes {
  isStopping = false;
  readonly #store: Store;
  readonly #metrics: Metrics | undefined;
  readonly #isAllowed: BearerCheck;

  constructor(store: Store, metrics: Metrics | undefined, isAllowed: BearerCheck) {
    this.#store = store;
    this.#metrics = metrics;
    this.#isAllowed = isAllowed;
  }

  /** @returns whether the request was for one of these routes */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    if (request.url === "/healthz") void this.#sendHealth(response);
    else if (request.url === "/metrics") void this.#sendMetrics(request, response);
    else return false;
    return true;
  }

  async #sendHealth(response: ServerResponse): Promise<void> {
    try {
      // Any read will do: only whether the store responds matters.
      await this.#store.head("healthz");
      const status = this.isStopping ? "stopping" : "ok";
      send(response, this.isStopping ? 503 : 200, "application/json", JSON.stringify({ status }));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      send(response, 503, "application/json", JSON.stringify({ status: "failing", message }));
    }
  }

  async #sendMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isAllowed(request.headers.authorization)) {
      response.setHeader("www-authenticate", "Bearer");
      send(response, 401, "text/plain", unauthorizedMessage);
    } else if (this.#metrics) {
      const { registry } = this.#metrics;
      send(response, 200, registry.contentType, await registry.metrics());
    } else {
      send(response, 501, "text/plain", `${metricsAreOff}\n`);
    }
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
