/**
 * The media type of a `Content-Type` header without its parameters, in lower case: `application/json` of
 * `Application/JSON; v=1` (RFC 9110, section 8.3.1). `""` where there is no header.
 */
export function mediaType(contentType: string | null | undefined): string {
  if (!contentType) return "";
  const end = contentType.indexOf(";");
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}
