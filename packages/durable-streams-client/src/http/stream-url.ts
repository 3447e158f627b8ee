import { httpUrl, redactUrl } from "@freshet/core";
import { InvalidOptionError } from "../errors.ts";
import { checkRequired } from "../protocol/check-required.ts";
import { checkParams } from "./request-values.ts";
import { warnOnce } from "./warn-once.ts";

/** Checks and parses a stream's URL, and warns once per host that is not encrypted. */
export function parseStreamUrl(url: string | URL, warnOnHttp: boolean = true): URL {
  // A URL that is none may still contain a token.
  const isShown = typeof url !== "string" || httpUrl.accepts(url);
  checkRequired("url", isShown ? url : redactUrl(url), httpUrl);
  const parsed = new URL(url);
  if (parsed.username !== "" || parsed.password !== "") {
    throw new InvalidOptionError(
      "url contains credentials, which end up in logs: pass an authorization header.",
    );
  }
  checkParams(Object.fromEntries(parsed.searchParams), "url: ?");
  parsed.hash = "";
  if (warnOnHttp && parsed.protocol === "http:" && !isLoopback(parsed.hostname)) {
    warnOnce(
      parsed.origin,
      `${parsed.origin} is not encrypted: anyone on the network path can read and change the stream. ` +
        "Use https, or pass warnOnHttp: false if you trust the network.",
    );
  }
  return parsed;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
