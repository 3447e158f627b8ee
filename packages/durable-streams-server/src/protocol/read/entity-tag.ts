import type { StreamInfo } from "../../store/store.ts";
import { formatOffset } from "../../wire/offset.ts";

/**
 * Identifies the bytes between two offsets of one incarnation of a stream, together with what the
 * headers say: the same bytes are another entity once the stream is closed, or has grown after them.
 */
export function entityTag(
  stream: StreamInfo,
  start: string,
  end: number,
  upToDate: boolean,
): string {
  const state = !upToDate ? ":p" : stream.closed ? ":c" : "";
  return `"${stream.incarnation}:${start}:${formatOffset(end)}${state}"`;
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
export function matchesEntityTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (!ifNoneMatch) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag);
}
