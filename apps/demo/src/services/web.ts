import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { listen } from "../listen.ts";
import type { WebCommand, WebConfig, WebReport } from "../protocol/processes.ts";
import { streamUrls } from "../streams/stream-urls.ts";
import { createApp } from "../web/app.ts";
import { ParentControl } from "../web/parent-control.ts";
import { runService } from "./service.ts";

await runService(
  async ({ streamsUrl, namespace, maxTurns }: WebConfig, report: (report: WebReport) => void) => {
    const control = new ParentControl(report);
    const app = createApp(streamUrls(streamsUrl, namespace), { control, maxTurns: 2 * maxTurns });
    const listener = getRequestListener(app.fetch);
    const server = createServer((request, response) => void listener(request, response));
    return {
      url: await listen(server),
      receive: (message) => control.receive(message as WebCommand),
    };
  },
);
