import type { ReadOutcome } from "../../store/store.ts";
import { isJson } from "../../wire/content-type.ts";

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The bytes of a page: its records joined, in JSON mode as one array of messages. */
export function pageBody(page: ReadOutcome & { status: "ok" }): Uint8Array {
  const { records, stream } = page;
  const json = isJson(stream.contentType);
  const [only] = records;
  if (only && records.length === 1 && !json) return only.data;
  const separators = json ? Math.max(records.length - 1, 0) + 2 : 0;
  const body = new Uint8Array(page.end - page.start + separators);
  let at = 0;
  if (json) body[at++] = OPEN_BRACKET;
  for (const [index, { data }] of records.entries()) {
    if (json && index > 0) body[at++] = COMMA;
    body.set(data, at);
    at += data.byteLength;
  }
  if (json) body[at] = CLOSE_BRACKET;
  return body;
}
