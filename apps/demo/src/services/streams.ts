import { rmSync } from "node:fs";
import { DurableStreamTestServer } from "@durable-streams/server";
import { runService } from "./service.ts";

/** The real `@durable-streams/server`, which keeps its data in `dataDir`. */
export interface StreamsConfig {
  readonly dataDir: string;
}

await runService(async ({ dataDir }: StreamsConfig) => {
  const server = new DurableStreamTestServer({ port: 0, host: "127.0.0.1", dataDir });
  const url = await server.start();
  return {
    url,
    stop: () => server.stop(),
    abandon: () => rmSync(dataDir, { recursive: true, force: true }),
  };
});
