/**
 * The headers of a response about a stream, whatever its status: no cache may keep it, since one reader's
 * events, or its 204, would be given to all others. Own headers are kept; what is missing is added to them.
 */
export function uncachedHeaders(init: ResponseInit["headers"]): Headers {
  const headers = new Headers(init);
  addToList(headers, "cache-control", "no-store");
  // Keeps compressing proxies and middleware from holding events back.
  addToList(headers, "cache-control", "no-transform");
  addToList(headers, "vary", "Last-Event-ID");
  return headers;
}

/** The headers of a text/event-stream response. */
export function eventStreamHeaders(init: ResponseInit["headers"]): Headers {
  const headers = uncachedHeaders(init);
  headers.set("content-type", "text/event-stream; charset=utf-8");
  // For nginx.
  if (!headers.has("x-accel-buffering")) headers.set("x-accel-buffering", "no");
  return headers;
}

function addToList(headers: Headers, name: string, value: string): void {
  const listed = (headers.get(name) ?? "").split(",").map((item) => item.trim().toLowerCase());
  if (!listed.includes(value.toLowerCase()) && !listed.includes("*")) headers.append(name, value);
}
