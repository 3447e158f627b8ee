import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { MiddlewareHandler } from "hono";

/** The page as Vite builds it, next to the compiled server. */
const folder = join(import.meta.dirname, "../page");

/** Serves the page's files; paths of conversations and captures get index.html, whose script reads them. */
export function pageFiles(): MiddlewareHandler {
  const root = relative(process.cwd(), folder);
  return serveStatic({
    root,
    rewriteRequestPath: (path) =>
      /^\/(c|capture)\//.test(path) || path === "/" ? "/index.html" : path,
    onFound: (path, c) => {
      // The names of Vite's assets contain a hash of their content.
      const isHashed = path.includes("assets");
      c.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}

/** Sends a browser at an unknown address the page, which shows that nothing is there. */
export const missingPage: MiddlewareHandler = async (c, next) => {
  if (!c.req.header("accept")?.includes("text/html")) return next();
  return c.html(await readFile(join(folder, "index.html"), "utf8"), 404);
};
