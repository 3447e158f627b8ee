import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metric } from "../server/options.ts";
import type { StoreMetric } from "../store/store-metric.ts";

/** What the command says where prom-client, an optional peer, is not installed. */
export const metricsAreOff =
  "Metrics need the package prom-client, which is not installed: npm install prom-client";

/** The metrics that Prometheus reads at /metrics. */
export class Metrics {
  readonly registry: Registry;
  readonly #requests: Histogram<"operation" | "status">;
  readonly #waiting: Gauge;
  readonly #webhooks: Counter<"outcome">;
  readonly #clockDifference: Gauge;

  private constructor(prometheus: typeof import("prom-client")) {
    this.registry = new prometheus.Registry();
    const registers = [this.registry];
    prometheus.collectDefaultMetrics({ register: this.registry });
    this.#requests = new prometheus.Histogram({
      name: "durable_streams_request_duration_seconds",
      help: "Time until the response to a request was ready; for SSE, until its first byte was.",
      labelNames: ["operation", "status"],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60],
      registers,
    });
    this.#waiting = new prometheus.Gauge({
      name: "durable_streams_waiting_readers",
      help: "Live readers, by long-poll or SSE.",
      registers,
    });
    this.#webhooks = new prometheus.Counter({
      name: "durable_streams_webhooks_total",
      help: "Webhook calls by outcome.",
      labelNames: ["outcome"],
      registers,
    });
    this.#clockDifference = new prometheus.Gauge({
      name: "durable_streams_clock_difference_seconds",
      help: "How far the clock of this machine is ahead of the database's.",
      registers,
    });
  }

  /** @returns `undefined` if prom-client is not installed */
  static async load(): Promise<Metrics | undefined> {
    try {
      return new Metrics(await import("prom-client"));
    } catch (error) {
      if ((error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND") return undefined;
      throw error;
    }
  }

  record(metric: Metric | StoreMetric): void {
    switch (metric.type) {
      case "request": {
        const labels = { operation: metric.operation, status: metric.status };
        this.#requests.observe(labels, metric.durationMs / 1000);
        break;
      }
      case "waitingReaders":
        this.#waiting.set(metric.count);
        break;
      case "webhook":
        this.#webhooks.inc({ outcome: metric.outcome });
        break;
      case "clockDifference":
        this.#clockDifference.set(metric.differenceMs / 1000);
        break;
    }
  }
}
