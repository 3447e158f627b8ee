// https://www.rfc-editor.org/rfc/rfc9110#section-15.4
import { headersAfterRedirect, isRedirectStatus } from "@freshet/core";
import { FetchError } from "../errors.ts";
import { shownUrl } from "./shown-url.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

const maxRedirects = 5;

/** Headers of reads that the protocol itself sends: they are no credentials. */
export const protocolHeaders: readonly string[] = ["accept", "accept-encoding", "if-none-match"];

/**
 * The request that follows a redirect, or `undefined` if the response is none. Throws for a redirect
 * that cannot be followed: a write is never sent on to another origin, and 301 to 303 turn one into a
 * GET, whose 200 would look like a stored append.
 */
export function redirected(
  request: TransportRequest,
  response: TransportResponse,
  count: number,
): TransportRequest | undefined {
  const { status } = response;
  if (!isRedirectStatus(status)) return undefined;
  const { method, url, body, headers, redirectHeaders } = request;
  const location = response.header("location");
  const from = new URL(url);
  const target = parsed(location, url);
  const isRead = method === "GET" || method === "HEAD";
  const canResend = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const canFollow = isRead || (status >= 307 && canResend && target?.origin === from.origin);
  if (!target || count >= maxRedirects || !canFollow) {
    const where = target ? shownUrl(target) : "nowhere";
    throw new FetchError(
      "HTTP_ERROR",
      `${method} ${shownUrl(url)} was redirected (${status}) to ${where}, which cannot be followed: use the stream's final URL.`,
      { url: shownUrl(url), status },
    );
  }
  const names = [...protocolHeaders, ...redirectHeaders];
  return {
    ...request,
    url: target.href,
    headers: headersAfterRedirect(headers, from, target, names),
  };
}

function parsed(location: string | undefined, base: string): URL | undefined {
  try {
    return location ? new URL(location, base) : undefined;
  } catch {
    return undefined;
  }
}
