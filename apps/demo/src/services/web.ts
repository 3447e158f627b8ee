import { once } from "node:events";
import { serve } from "@hono/node-server";
import { streamUrls } from "../streams/stream-urls.ts";
import { createApp } from "../web/app.ts";
import { ParentControl, type WebCommand, type WebReport } from "../web/parent-control.ts";
import { runService } from "./service.ts";

export interface WebConfig {
  readonly streamsUrl: string;
  readonly namespace: string;
  /** How many answers may run at the same time; as many again may wait. */
  readonly maxTurns: number;
}

await runService(
  async ({ streamsUrl, namespace, maxTurns }: WebConfig, report: (report: WebReport) => void) => {
    const control = new ParentControl(report);
    const app = createApp(streamUrls(streamsUrl, namespace), { control, maxTurns: 2 * maxTurns });
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string")
      throw new Error("The web server has no port.");
    return {
      url: `http://127.0.0.1:${address.port}`,
      receive: (message) => control.receive(message as WebCommand),
    };
  },
);
