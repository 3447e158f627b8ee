import type { OptionRule } from "@freshet/core";

export const aBasePath: OptionRule = {
  expected: "a path that begins with a slash, or nothing",
  accepts: (value) => typeof value === "string" && (value === "" || value.startsWith("/")),
};

/** A base path as it appears in URLs: percent-encoded, without a slash at its end. */
export function normalizeBasePath(basePath: string): string {
  return new URL(`http://localhost${basePath}`).pathname.replace(/\/+$/, "");
}

/** The stream's path of a URL path; `undefined` if no stream can be there. */
export function streamPath(basePath: string, pathname: string): string | undefined {
  if (!pathname.startsWith(`${basePath}/`)) return undefined;
  const path = pathname.slice(basePath.length + 1);
  return path === "" ? undefined : path;
}
