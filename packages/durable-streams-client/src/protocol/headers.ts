// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md

import { mediaType, type OptionRule } from "@freshet/core";

export const header = {
  nextOffset: "stream-next-offset",
  cursor: "stream-cursor",
  upToDate: "stream-up-to-date",
  closed: "stream-closed",
  sseDataEncoding: "stream-sse-data-encoding",
} as const;

/** The headers of writes and metadata alone; a bundle that only reads is smaller without them. */
export const writeHeader = {
  seq: "stream-seq",
  ttl: "stream-ttl",
  expiresAt: "stream-expires-at",
  forkedFrom: "stream-forked-from",
  forkOffset: "stream-fork-offset",
  forkSubOffset: "stream-fork-sub-offset",
  producerId: "producer-id",
  producerEpoch: "producer-epoch",
  producerSeq: "producer-seq",
  producerExpectedSeq: "producer-expected-seq",
  producerReceivedSeq: "producer-received-seq",
} as const;

/** Query parameters that are the protocol's own; a caller cannot set them. */
export const reservedParams: ReadonlySet<string> = new Set(["offset", "live", "cursor"]);

/** Whether a header's value is "true", in any case. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === "true";
}

/** True for streams whose messages are JSON values (PROTOCOL.md, section 7.1). */
export function isJson(contentType: string | undefined): boolean {
  return mediaType(contentType) === "application/json";
}

/** A value that a header of the protocol carries unchanged. */
export const headerToken: OptionRule = {
  expected: "printable ASCII text without spaces at its start or end",
  accepts: (value) =>
    typeof value === "string" && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value),
};
