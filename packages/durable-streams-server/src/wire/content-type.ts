/** The media type without parameters, in lower case. */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** Whether the stream has JSON mode: message boundaries are kept, reads give an array. */
export function isJson(contentType: string): boolean {
  return mediaType(contentType) === "application/json";
}

/** Whether SSE carries the stream's bytes as they are; all others are sent as base64. */
export function isText(contentType: string): boolean {
  const type = mediaType(contentType);
  return type.startsWith("text/") || type === "application/json";
}

/** Whether a browser that is led to the stream's URL runs scripts in it (HTML, SVG and other XML). */
export function isActive(contentType: string): boolean {
  return /^[^;]*(html|xml)/i.test(contentType);
}

/** RFC 9110, section 8.3.1: type "/" subtype, with parameters or without. */
const wellFormed = /^[!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+\s*(;[\x20-\x7e\t]*)?$/;

export function isWellFormedContentType(contentType: string): boolean {
  return wellFormed.test(contentType);
}
