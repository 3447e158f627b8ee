import { DurableStreamsServerError } from "../store/errors.ts";

/** A base path as it appears in URLs: percent-encoded, without a slash at its end. */
export function normalizeBasePath(basePath: string): string {
  if (basePath === "" || basePath.startsWith("/")) {
    return new URL(`http://localhost${basePath}`).pathname.replace(/\/+$/, "");
  }
  throw new DurableStreamsServerError(
    "INVALID_OPTION",
    `Invalid basePath ${JSON.stringify(basePath)}: it must begin with a slash.`,
  );
}

/** The stream's path of a URL path; `undefined` if no stream can be there. */
export function streamPath(basePath: string, pathname: string): string | undefined {
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const path = pathname.slice(basePath.length + 1);
  return path === "" ? undefined : path;
}
