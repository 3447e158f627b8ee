import { once } from "node:events";
import { createServer } from "node:net";
import { listen } from "../listen.ts";
import { UsageError } from "./usage-error.ts";

/** Checks that the page can be served on a port, before anything starts; throws {@link UsageError}. */
export async function checkPort(port: number): Promise<void> {
  const server = createServer();
  try {
    await listen(server, port);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "it is in use" : code;
    throw new UsageError(
      `--port: the page cannot be served on ${port} (${why}). Without --port a free one is taken.`,
    );
  }
  server.close();
  await once(server, "close");
}
