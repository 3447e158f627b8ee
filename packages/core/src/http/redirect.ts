/** https://fetch.spec.whatwg.org/#http-redirect-fetch */
import { ignoreRejection } from "../async/abortable.ts";
import type { OptionFailure } from "../options.ts";
import type { Fetch } from "./fetch.ts";
import { redactUrl } from "./redact.ts";

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
const maxRedirects = 5;

/** Whether a response with this status sends the client to its `Location`. */
export function isRedirectStatus(status: number): boolean {
  return redirectStatuses.includes(status);
}

/**
 * The headers that may go along with a redirect: all of them to the same origin, and to another one only
 * those that are named. Any header may be a credential (`x-api-key`, `proxy-authorization`), so none is
 * taken for harmless.
 *
 * @param names - what the caller allows, and what the protocol itself sends; case does not matter
 */
export function headersAfterRedirect(
  headers: Readonly<Record<string, string>>,
  from: URL,
  to: URL,
  names: readonly string[],
): Record<string, string> {
  if (from.origin === to.origin) return { ...headers };
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => allowed.has(name.toLowerCase())),
  );
}

/** Options of {@link fetchFollowing}. */
export interface FetchFollowingOptions {
  /** Headers that may go to another origin. */
  redirectHeaders: readonly string[];
  /** Makes the error of a redirect that cannot be followed. */
  fail: OptionFailure;
}

/**
 * A read (GET or HEAD) that follows redirects by the rule of {@link headersAfterRedirect}. A write is never sent
 * on: do not use this for one.
 *
 * A browser follows by itself or not at all. There a redirect is followed when every header of the request may go
 * to another origin, and is an error otherwise.
 */
export async function fetchFollowing(
  fetch: Fetch,
  url: string | URL,
  init: RequestInit & { headers: Record<string, string> },
  { redirectHeaders, fail }: FetchFollowingOptions,
): Promise<Response> {
  let at = String(url);
  let { headers } = init;
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(at, { ...init, headers, redirect: "manual" });
    if (response.type === "opaqueredirect") {
      const allowed = headersAfterRedirect(
        headers,
        new URL("a:b"),
        new URL("http://x"),
        redirectHeaders,
      );
      const held = Object.keys(headers).filter((name) => !(name in allowed));
      if (held.length === 0) return fetch(at, { ...init, headers, redirect: "follow" });
      throw fail(
        `${redactUrl(at)} was redirected, and a browser would send ${held.join(", ")} along: use the final URL, or name the headers in redirectHeaders.`,
      );
    }
    if (!isRedirectStatus(response.status)) return response;
    const location = response.headers.get("location");
    response.body?.cancel().catch(ignoreRejection);
    if (location === null || redirects >= maxRedirects) {
      throw fail(
        `${redactUrl(at)} was redirected (${response.status}) ${location === null ? "to nowhere" : `more than ${maxRedirects} times`}: use the final URL.`,
      );
    }
    const target = new URL(location, at);
    headers = headersAfterRedirect(headers, new URL(at), target, redirectHeaders);
    at = target.href;
  }
}
