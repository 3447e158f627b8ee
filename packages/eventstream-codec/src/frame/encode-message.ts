// https://smithy.io/2.0/aws/amazon-eventstream.html#prelude
import type { Crc32Range } from "#crc32";
import { EventStreamError } from "../event-stream-error.ts";
import type { MessageHeadersInit } from "../headers/header-value.ts";
import { HeaderWriter } from "../headers/header-writer.ts";
import { preludeBytes } from "../frame-layout.ts";
import { resolveOptions, type EncoderOptions } from "../options.ts";

/** What can be encoded; a decoded message is one. Both parts may be left out. */
export interface EncodableMessage {
  readonly headers?: MessageHeadersInit | undefined;
  readonly payload?: Uint8Array | undefined;
}

// Up to here a frame is put together where its headers were written, and copied once.
const smallFrameBytes = 4096;
const maxKeptBytes = 262_144;
const noBytes = /* @__PURE__ */ new Uint8Array(0);

// Taken while in use: iterating the caller's headers can run the caller's code, which may encode too.
let idleWriter: HeaderWriter | undefined;

/**
 * Encodes one message as a frame.
 *
 * @returns the frame, in a buffer of its own
 * @throws EventStreamError with the header's name, or with the size, when a limit is broken
 * @example
 * ```ts
 * import { encodeMessage, header } from "@freshet/eventstream-codec";
 *
 * const frame = encodeMessage({
 *   headers: { ":message-type": header.string("event"), ":event-type": header.string("greeting") },
 *   payload: new TextEncoder().encode("hello"),
 * });
 * console.log(frame.byteLength); // 68
 * ```
 */
export function encodeMessage(
  message: EncodableMessage,
  options?: EncoderOptions,
): Uint8Array<ArrayBuffer> {
  const { maxMessageBytes, maxHeaderBytes, crc32Range } = resolveOptions(options);
  const { headers = {}, payload = noBytes } = message;
  const writer = takeWriter();
  try {
    writer.write(headers, maxHeaderBytes);
    const headersEnd = writer.length;
    const total = headersEnd + payload.byteLength + 4;
    if (total > maxMessageBytes) {
      const message = `The frame would have ${total} bytes; maxMessageBytes is ${maxMessageBytes}.`;
      throw new EventStreamError("MESSAGE_TOO_LARGE", message);
    }
    if (total <= smallFrameBytes) {
      writer.reserve(total);
      writer.bytes.set(payload, headersEnd);
      seal(writer.view, total, headersEnd, crc32Range);
      return writer.bytes.slice(0, total);
    }
    const frame = new Uint8Array(total);
    frame.set(writer.bytes.subarray(0, headersEnd));
    frame.set(payload, headersEnd);
    seal(new DataView(frame.buffer), total, headersEnd, crc32Range);
    return frame;
  } finally {
    keepWriter(writer);
  }
}

/**
 * Encodes a header block alone, without the frame around it.
 *
 * @throws EventStreamError with the header's name when a name, a value or the block breaks a limit
 */
export function encodeHeaders(
  headers: MessageHeadersInit,
  options?: EncoderOptions,
): Uint8Array<ArrayBuffer> {
  const writer = takeWriter();
  try {
    writer.write(headers, resolveOptions(options).maxHeaderBytes);
    return writer.bytes.slice(preludeBytes, writer.length);
  } finally {
    keepWriter(writer);
  }
}

/** Writes what stands around headers and payload: lengths and checksums. */
function seal(view: DataView, total: number, headersEnd: number, crc32Range: Crc32Range): void {
  view.setUint32(0, total);
  view.setUint32(4, headersEnd - preludeBytes);
  const preludeCrc = crc32Range(view, 0, 8, 0);
  view.setInt32(8, preludeCrc);
  view.setInt32(total - 4, crc32Range(view, 8, total - 4, preludeCrc));
}

function takeWriter(): HeaderWriter {
  const writer = idleWriter ?? new HeaderWriter();
  idleWriter = undefined;
  return writer;
}

function keepWriter(writer: HeaderWriter): void {
  // One block of megabytes must not stay for ever.
  if (writer.bytes.byteLength <= maxKeptBytes) idleWriter = writer;
}
