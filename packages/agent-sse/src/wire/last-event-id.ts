/** Encodes an id for the `Last-Event-ID` header: UTF-8, one character per byte, as EventSource sends it. */
export function lastEventIdHeader(id: string): string {
  let value = "";
  for (const byte of new TextEncoder().encode(id)) value += String.fromCharCode(byte);
  return value;
}

/**
 * Reads the id that a reader resumes after from its `Last-Event-ID` header.
 *
 * @param param - the parameter of the URL that has the id where the header is missing: see `lastEventIdParam`
 * of `connectAgentStream`
 *
 * @example
 * ```ts
 * import { lastEventIdOf } from "@freshet/agent-sse";
 *
 * const request = new Request("https://example.com/", { headers: { "last-event-id": "7" } });
 * console.log(lastEventIdOf(request)); // 7
 * ```
 */
export function lastEventIdOf(
  request: { headers: Headers; url?: string },
  param?: string,
): string | undefined {
  const value = request.headers.get("last-event-id");
  if (!value) return param === undefined ? undefined : idInUrl(request.url, param);
  return new TextDecoder().decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
}

/** Also of a relative URL, such as those of node:http. */
function idInUrl(url = "", param: string): string | undefined {
  const [, query = ""] = url.split("#", 1)[0]?.split(/\?(.*)/s) ?? [];
  const id = new URLSearchParams(query).get(param);
  return id === null || id === "" ? undefined : id;
}
