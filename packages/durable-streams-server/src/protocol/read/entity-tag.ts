import type { StreamInfo } from "../../store/store.ts";
import { formatOffset } from "../../wire/offset.ts";

/**
 * Names the bytes between two offsets of one incarnation of a stream, and what the headers say of
 * them: the same bytes are another entity once the stream is closed, or has gone on after them.
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
