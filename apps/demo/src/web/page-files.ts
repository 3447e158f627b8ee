import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import type { MiddlewareHandler } from "hono";

/** Built by Vite; beside the compiled server. */
const folder = join(import.meta.dirname, "../page");

/** The page's files; every other path is a place in the page itself, whose script reads the address. */
export function pageFiles(): MiddlewareHandler {
  const root = relative(process.cwd(), folder);
  return serveStatic({
    root,
    rewriteRequestPath: (path) =>
      /^\/(c|capture)\//.test(path) || path === "/" ? "/index.html" : path,
    onFound: (path, c) => {
      // What Vite builds has its content's hash in its name.
      const isHashed = path.includes("assets");
      c.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}

/** For a browser that asks for a page that is not there: the page, which says so. */
export const missingPage: MiddlewareHandler = async (c, next) => {
  if (!c.req.header("accept")?.includes("text/html")) return next();
  return c.html(await readFile(join(folder, "index.html"), "utf8"), 404);
};
