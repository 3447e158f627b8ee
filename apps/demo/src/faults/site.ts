import { FaultDesk } from "./fault-controller.ts";
import { startPageProxy } from "./page-proxy.ts";
import type { Way } from "../pipeline/pipeline.ts";

/** What a browser opens. */
export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the way to browsers: through a proxy that can be told to cut, and with a desk for the faults. */
export async function startSite(way: Way, port: number): Promise<Site> {
  const proxy = await startPageProxy(port);
  const desk = new FaultDesk(way, proxy);
  return {
    url: `${proxy.url}/`,
    close: async () => {
      desk.close();
      await proxy.close();
    },
  };
}
