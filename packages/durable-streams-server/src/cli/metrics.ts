import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Metric } from "../server/options.ts";

/** What Prometheus gets at /metrics. */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly #requests: Histogram<"operation" | "status">;
  readonly #waiting: Gauge;
  readonly #webhooks: Counter<"outcome">;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Histogram({
      name: "durable_streams_request_duration_seconds",
      help: "Time until the answer to a request was ready; for SSE, until its first byte was.",
      labelNames: ["operation", "status"],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60],
      registers,
    });
    this.#waiting = new Gauge({
      name: "durable_streams_waiting_readers",
      help: "Readers that wait for data, by long-poll or SSE.",
      registers,
    });
    this.#webhooks = new Counter({
      name: "durable_streams_webhooks_total",
      help: "Webhook calls by outcome.",
      labelNames: ["outcome"],
      registers,
    });
  }

  record(metric: Metric): void {
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
    }
  }
}
