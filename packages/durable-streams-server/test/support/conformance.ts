import { runConformanceTests } from "@durable-streams/server-conformance-tests";
import { afterAll, beforeAll } from "vitest";
import type { Store } from "../../src/index.ts";
import { serve, type RunningServer } from "./serve.ts";

/** Runs the protocol authors' whole suite against a server on a store. */
export function conformance(
  open: () => Promise<{ store: Store; remove(): Promise<unknown> }>,
): void {
  // The suite reads the URL when its tests run.
  const options = { baseUrl: "", longPollTimeoutMs: 2000, subscriptions: true };
  let server: RunningServer | undefined;
  let remove: (() => Promise<unknown>) | undefined;

  beforeAll(async () => {
    const opened = await open();
    remove = () => opened.remove();
    server = await serve({
      store: opened.store,
      basePath: "/v1/stream",
      cors: { origin: "*" },
      subscriptions: { allowLocalWebhooks: true },
      longPollTimeoutMs: options.longPollTimeoutMs,
    });
    options.baseUrl = server.url;
  }, 120_000);

  afterAll(async () => {
    await server?.close();
    await remove?.();
  });

  runConformanceTests(options);
}
