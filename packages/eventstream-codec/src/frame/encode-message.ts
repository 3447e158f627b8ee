// https://smithy.io/2.0/aws/amazon-eventstream.html#prelude
import type { Crc32Range } from "#crc32";
import { EventStreamError } from "../event-stream-error.ts";
import type { MessageHeadersInit } from "../headers/header-value.ts";
import { HeaderWriter } from "../headers/header-writer.ts";
import { preludeBytes } from "../frame-layout.ts";
import { resolveOptions, type EncoderOptions, type ResolvedOptions } from "../options.ts";

/** A message to encode, such as a decoded one. Both parts may be left out. */
export interface EncodableMessage {
  readonly headers?: MessageHeadersInit | undefined;
  readonly payload?: Uint8Array | undefined;
}

// A frame up to this size is assembled where its headers were written, and copied once.
const smallFrameBytes = 4096;
const maxKeptBytes = 262_144;
const noBytes = /* @__PURE__ */ new Uint8Array(0);

// Not here while in use: the iterator of the caller's headers may itself encode a message.
let idleWriter: HeaderWriter | undefined;

/**
 * Encodes one message as a frame.
 *
 * @returns the frame, in a buffer of its own
 * @throws EventStreamError naming the header or the size that breaks a limit
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
  return encodeFrame(message, resolveOptions(options));
}

/** Encodes one message with options that were checked before. */
export function encodeFrame(
  { headers = {}, payload = noBytes }: EncodableMessage,
  { maxMessageBytes, maxHeaderBytes, crc32Range }: ResolvedOptions,
): Uint8Array<ArrayBuffer> {
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
 * @throws EventStreamError naming the header whose name or value breaks a limit, or that makes the block too large
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

/** Writes the lengths and checksums around headers and payload. */
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
  // A block of megabytes must not occupy memory forever.
  if (writer.bytes.byteLength <= maxKeptBytes) idleWriter = writer;
}
