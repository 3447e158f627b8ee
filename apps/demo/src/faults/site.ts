import type { Pipeline } from "../pipeline/pipeline.ts";
import { FaultController } from "./fault-controller.ts";
import { startPageProxy } from "./page-proxy.ts";

/** The page as browsers reach it. */
export interface Site extends AsyncDisposable {
  readonly url: string;
}

/** Opens the pipeline to browsers, through a proxy that can cut, with control over the faults. */
export async function startSite(pipeline: Pipeline, port: number): Promise<Site> {
  const proxy = await startPageProxy(port);
  const controller = new FaultController(pipeline, proxy);
  return {
    url: `${proxy.url}/`,
    [Symbol.asyncDispose]: async () => {
      controller.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}
