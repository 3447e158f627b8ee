// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
import {
  EventStreamError,
  MessageDecoder,
  readEnvelope,
  type DecoderOptions,
  type EventStreamMessage,
  type MessageHeaders,
} from "@freshet/eventstream-codec/decoder";
import { fromBase64 } from "./base64.ts";
import { BedrockError } from "../bedrock-error.ts";
import { converseEventTypes, type ConverseStreamEvent } from "./converse-events.ts";
import { streamError, streamException } from "./exceptions.ts";
import { isFinalChunk } from "./final-marker.ts";
import type { InvokeModelEvent } from "./invoke-chunks.ts";
import { decodeText, parseChunk, parseObject } from "./payload.ts";
import { readConverseTextDelta } from "./text-delta.ts";

/** Options of {@link BedrockDecoder}: the limits of the frames. */
export type BedrockDecoderOptions = Pick<DecoderOptions, "maxMessageBytes" | "maxHeaderBytes">;

/** An event of either operation. */
export type BedrockEvent = ConverseStreamEvent | InvokeModelEvent;

const converseTypes: ReadonlySet<string> = new Set(converseEventTypes);

/**
 * The event type by headers; `null` for exceptions and errors. The codec gives frames with equal
 * header bytes the same object, so that headers are looked at once for each kind of frame.
 */
const eventTypes = new WeakMap<MessageHeaders, string | null>();

/**
 * Decodes a response body of ConverseStream or InvokeModelWithResponseStream from chunks that are cut
 * anywhere. Synchronous: push what arrived, read until there is nothing, and call `end` when no more
 * will come.
 *
 * @example
 * ```ts
 * import { BedrockDecoder } from "@freshet/bedrock-adapter";
 *
 * const decoder = new BedrockDecoder();
 * export function onBytes(chunk: Uint8Array): void {
 *   decoder.push(chunk);
 *   for (let event = decoder.read(); event; event = decoder.read()) console.log(event.type);
 * }
 * export function onEnd(): void {
 *   decoder.end(); // throws INCOMPLETE_STREAM if the response was cut short
 * }
 * ```
 */
export class BedrockDecoder {
  readonly #messages: MessageDecoder;
  #isComplete = false;
  #failure: BedrockError | undefined;

  constructor(options: BedrockDecoderOptions = {}) {
    this.#messages = new MessageDecoder(options);
  }

  /** Where the next unread frame starts, in bytes from the start of the body. */
  get offset(): number {
    return this.#messages.offset;
  }

  /** Takes the next bytes; never throws. The chunk must stay as it is until its events are read. */
  push(chunk: Uint8Array): this {
    this.#messages.push(chunk);
    return this;
  }

  /**
   * The next event, or `undefined` when more bytes are needed.
   *
   * @throws BedrockError for an exception or error frame, INVALID_FRAME and INVALID_PAYLOAD, after
   * every event that came before; from then on always the same error
   */
  read(): BedrockEvent | undefined {
    if (this.#failure) throw this.#failure;
    const { offset } = this.#messages;
    try {
      const message = this.#messages.read();
      return message && this.#decode(message, offset);
    } catch (error) {
      this.#failure = frameError(error, offset);
      throw this.#failure;
    }
  }

  /**
   * Says that no more bytes will come. Read every event before.
   *
   * @throws BedrockError INCOMPLETE_STREAM if bytes of an unfinished frame are left, or if neither
   * `messageStop` nor a final chunk was read: the response was cut short, however complete it looks
   */
  end(): void {
    if (this.#failure) throw this.#failure;
    try {
      this.#messages.end();
    } catch (error) {
      this.#failure = frameError(error, this.#messages.offset);
      throw this.#failure;
    }
    if (this.#isComplete) return;
    this.#failure = new BedrockError(
      "INCOMPLETE_STREAM",
      `The stream ended after ${this.#messages.offset} bytes without a stop event: the response was cut short.`,
      { offset: this.#messages.offset },
    );
    throw this.#failure;
  }

  #decode(message: EventStreamMessage, offset: number): BedrockEvent {
    const { headers, payload } = message;
    let eventType = eventTypes.get(headers);
    if (eventType === undefined) {
      eventType = readEventType(message);
      eventTypes.set(headers, eventType);
    }
    if (eventType === null) throw failureOf(message, offset);
    if (eventType === "chunk") return this.#chunk(payload, offset);
    if (converseTypes.has(eventType)) return this.#converse(eventType, payload, offset);
    return { type: "unknown", eventType, payload: payload.slice() };
  }

  #chunk(payload: Uint8Array, offset: number): InvokeModelEvent {
    let chunk: unknown;
    try {
      chunk = parseChunk(payload);
    } catch (error) {
      throw payloadError("chunk", offset, error);
    }
    if (isFinalChunk(chunk)) this.#isComplete = true;
    return { type: "chunk", chunk };
  }

  #converse(type: string, payload: Uint8Array, offset: number): ConverseStreamEvent {
    try {
      const text = decodeText(payload);
      const textDelta = type === "contentBlockDelta" ? readConverseTextDelta(text) : undefined;
      if (textDelta) return textDelta;
      if (type === "messageStop") this.#isComplete = true;
      return converseEvent(type, parseObject(text));
    } catch (error) {
      throw payloadError(type, offset, error);
    }
  }
}

/** The fields beside the type, without the padding, with bytes for blobs. */
function converseEvent(type: string, fields: Record<string, unknown>): ConverseStreamEvent {
  const event: Record<string, unknown> = { type };
  for (const name in fields) {
    // Never `__proto__`: assigned to, it is not a field but the event's prototype.
    if (name !== "p" && name !== "type" && name !== "__proto__") event[name] = fields[name];
  }
  if (type === "contentBlockDelta") decodeBlobs(event["delta"] as WireDelta);
  return event as unknown as ConverseStreamEvent;
}

function readEventType(message: EventStreamMessage): string | null {
  const envelope = readEnvelope(message);
  switch (envelope.kind) {
    case "event":
      return envelope.eventType;
    case "unknown":
      // An exception that does not say which one is still an exception.
      return envelope.messageType === "exception" ? null : (envelope.messageType ?? "");
    default:
      return null;
  }
}

function failureOf(message: EventStreamMessage, offset: number): BedrockError {
  const envelope = readEnvelope(message);
  if (envelope.kind === "error") {
    return streamError(envelope.errorCode, envelope.errorMessage, offset);
  }
  const exceptionType = envelope.kind === "exception" ? envelope.exceptionType : "";
  return streamException(exceptionType, new TextDecoder().decode(message.payload), offset);
}

function frameError(error: unknown, offset: number): BedrockError {
  if (error instanceof BedrockError) return error;
  if (!(error instanceof EventStreamError)) throw error;
  const facts = { offset, cause: error };
  return error.code === "TRUNCATED"
    ? new BedrockError(
        "INCOMPLETE_STREAM",
        `The stream ended in the middle of a frame: the response was cut short. ${error.message}`,
        facts,
      )
    : new BedrockError("INVALID_FRAME", `Bedrock's response is damaged: ${error.message}`, facts);
}

function payloadError(eventType: string, offset: number, cause: unknown): BedrockError {
  return new BedrockError(
    "INVALID_PAYLOAD",
    `The ${eventType} event in the frame at offset ${offset} cannot be read: ${String(cause)}`,
    { offset, cause },
  );
}

/** A delta before its blobs are decoded. */
interface WireDelta {
  reasoningContent?: { redactedContent?: unknown };
  image?: { source?: { bytes?: unknown } };
}

/** Blobs are base64 on the wire and bytes in an event. */
function decodeBlobs(delta: WireDelta): void {
  const { reasoningContent } = delta;
  if (typeof reasoningContent?.redactedContent === "string") {
    reasoningContent.redactedContent = fromBase64(reasoningContent.redactedContent);
  }
  const source = delta.image?.source;
  if (typeof source?.bytes === "string") source.bytes = fromBase64(source.bytes);
}
