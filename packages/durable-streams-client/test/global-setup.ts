import { DurableStreamTestServer } from "@durable-streams/server";
import type { TestProject } from "vitest/node";
import { startFaultProxy } from "./support/fault-proxy.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The fault proxy in front of the real server. */
    proxyUrl: string;
  }
}

/** One real server for the whole suite, with a proxy in front of it that browsers may ask as well. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = new DurableStreamTestServer({ port: 0, longPollTimeout: 2000 });
  const proxy = await startFaultProxy(await server.start());
  project.provide("proxyUrl", proxy.url);
  return async () => {
    await proxy.close();
    await server.stop();
  };
}
