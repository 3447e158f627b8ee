import { toBase64 } from "@freshet/core";
import { DurableStreamError } from "@freshet/durable-streams-client";
import type { Chunk, Result } from "./protocol.ts";

/** The protocol's error name and status for each of our codes. */
const codes: Record<DurableStreamError["code"], readonly [string, number?]> = {
  NETWORK: ["NETWORK_ERROR"],
  TIMEOUT: ["TIMEOUT"],
  IDLE_TIMEOUT: ["TIMEOUT"],
  HTTP_ERROR: ["UNEXPECTED_STATUS"],
  STREAM_NOT_FOUND: ["NOT_FOUND", 404],
  STREAM_EXISTS: ["CONFLICT", 409],
  STREAM_CLOSED: ["STREAM_CLOSED", 409],
  SEQ_CONFLICT: ["SEQUENCE_CONFLICT", 409],
  RETENTION_GONE: ["UNEXPECTED_STATUS", 410],
  STREAM_REPLACED: ["UNEXPECTED_STATUS", 410],
  STREAM_CONSUMED: ["INTERNAL_ERROR"],
  STALE_EPOCH: ["STALE_EPOCH", 403],
  SEQUENCE_GAP: ["SEQUENCE_CONFLICT", 409],
  INVALID_OPTION: ["INVALID_ARGUMENT", 400],
  PROTOCOL_ERROR: ["UNEXPECTED_STATUS"],
  INVALID_PAYLOAD: ["PARSE_ERROR"],
  INVALID_ITEM: ["PARSE_ERROR"],
};

export function errorResult(commandType: string, error: unknown): Result {
  const known = error instanceof DurableStreamError ? error : undefined;
  const [name = "INTERNAL_ERROR", usual] = known ? codes[known.code] : [];
  const status = known?.status ?? usual;
  // A refused offset of a read, by the client or the server, has a separate code.
  const isOffset = commandType === "read" && status === 400;
  const isConflict = status === 409 && name === "UNEXPECTED_STATUS";
  return {
    type: "error",
    success: false,
    commandType,
    ...(status === undefined ? {} : { status }),
    errorCode: isOffset ? "INVALID_OFFSET" : isConflict ? "CONFLICT" : name,
    message: error instanceof Error ? error.message : String(error),
  };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Converts bytes to text if they are valid UTF-8, else to base64. */
export function byteChunk(bytes: Uint8Array, offset: string): Chunk {
  try {
    return { data: strict.decode(bytes), offset };
  } catch {
    return { data: toBase64(bytes), binary: true, offset };
  }
}

/** Whether a stream's messages are JSON values; a suffix (`+json`) is not enough. */
export function isJson(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}
