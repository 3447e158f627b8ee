import { once } from "node:events";
import { createServer } from "node:net";
import { UsageError } from "./options.ts";

/** Finds out whether the page can be served there before anything is started; throws {@link UsageError}. */
export async function checkPort(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "it is in use" : code;
    throw new UsageError(
      `--port: the page cannot be served on ${port} (${why}). Without it a free one is taken.`,
    );
  }
  server.close();
  await once(server, "close");
}
