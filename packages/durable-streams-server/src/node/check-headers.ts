import { HttpError } from "../http/http-error.ts";
import type { NodeRequest } from "./node-http.ts";

/** The most headers of a request. */
export const MAX_HEADERS: number = 2000;

/** Names and values that Node reads if the server has no limit of its own. It drops all others. */
const NODE_DEFAULT = 2000;

/**
 * Refuses a request whose headers are not all there: what a proxy has checked may be among the others.
 *
 * @throws HttpError 400 or 431
 */
export function checkHeaders({ rawHeaders, headers, httpVersion, socket }: NodeRequest): void {
  const count = rawHeaders?.length ?? 0;
  const { server } = socket as { server?: { maxHeadersCount?: number | null } };
  const limit =
    typeof server?.maxHeadersCount === "number" ? 2 * server.maxHeadersCount : NODE_DEFAULT;
  if (count > 2 * MAX_HEADERS || (limit > 0 && count >= limit)) {
    const most = limit > 0 ? Math.min(MAX_HEADERS, limit / 2 - 1) : MAX_HEADERS;
    throw new HttpError(431, `The request has more than ${most} headers, the most it may have.`);
  }
  if (headers.host === undefined && httpVersion === "1.1") {
    throw new HttpError(400, "The Host header is missing.");
  }
}
