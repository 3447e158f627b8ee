import { rmSync } from "node:fs";
import { DurableStreamTestServer } from "@durable-streams/server";
import { runService } from "./service.ts";

/** The real `@durable-streams/server`, which keeps its data in `dataDir`. */
export interface StreamsConfig {
  readonly dataDir: string;
  /** 0 takes a free one; a server that replaces another takes the place of it. */
  readonly port: number;
}

await runService(async ({ dataDir, port }: StreamsConfig) => {
  const server = new DurableStreamTestServer({ port, host: "127.0.0.1", dataDir });
  const url = await server.start();
  return {
    url,
    stop: () => server.stop(),
    abandon: () => rmSync(dataDir, { recursive: true, force: true }),
  };
});
