import { mediaType } from "@freshet/core";

/** Whether the stream is in JSON mode, which keeps message boundaries: reads return an array. */
export function isJson(contentType: string): boolean {
  return mediaType(contentType) === "application/json";
}

/** Whether SSE carries the bytes of the stream as they are. All others are sent as base64. */
export function isText(contentType: string): boolean {
  const type = mediaType(contentType);
  return type.startsWith("text/") || type === "application/json";
}

/** Whether a browser that opens the URL of the stream runs its scripts (HTML, SVG and other XML). */
export function isActive(contentType: string): boolean {
  return /^[^;]*(html|xml)/i.test(contentType);
}

/** `type/subtype` with optional parameters: https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1 */
const wellFormed = /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+\s*(;[\x20-\x7e\t]*)?$/;

export function isWellFormedContentType(contentType: string): boolean {
  return wellFormed.test(contentType);
}
