// https://www.rfc-editor.org/rfc/rfc9110#section-15.4
import { FetchError } from "../errors.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;
const credentials = new Set(["authorization", "cookie"]);

/**
 * The request that follows a redirect, or `undefined` if the response is none. Throws for a redirect
 * that cannot be followed: 301 to 303 turn a write into a GET, whose 200 would look like a stored append.
 */
export function redirected(
  request: TransportRequest,
  response: TransportResponse,
  count: number,
): TransportRequest | undefined {
  const { status } = response;
  if (!redirectStatuses.has(status)) return undefined;
  const { method, url, body, headers } = request;
  const location = response.header("location");
  const isRead = method === "GET" || method === "HEAD";
  const canResend = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  if (!location || count >= maxRedirects || (!isRead && (status < 307 || !canResend))) {
    throw new FetchError(
      "HTTP_ERROR",
      `${method} ${url} was redirected (${status}) to ${location ?? "nowhere"}, which cannot be followed: use the stream's final URL.`,
      { url, status },
    );
  }
  const target = new URL(location, url);
  if (target.origin === new URL(url).origin) return { ...request, url: target.href };
  // Credentials belong to the host that the caller named.
  const others = Object.entries(headers).filter(([name]) => !credentials.has(name));
  return { ...request, url: target.href, headers: Object.fromEntries(others) };
}
