// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
import { checkOptions, oneOf, wholeNumber, type OptionRules } from "@freshet/core";
import {
  EventStreamError,
  MessageDecoder,
  type DecoderOptions,
  type EventStreamMessage,
  type MessageHeaders,
} from "@freshet/eventstream-codec/decoder";
import { BedrockError, invalidOption } from "../bedrock-error.ts";
import { converseEvent } from "./converse-event.ts";
import { converseEventTypes, type ConverseStreamEvent } from "./converse-events.ts";
import { streamError, streamException } from "./exceptions.ts";
import { isFinalChunk } from "./final-marker.ts";
import type { InvokeModelEvent } from "./invoke-chunks.ts";
import { decodeText, parseChunk, parseObject } from "./payload.ts";
import { readConverseTextDelta } from "./text-delta.ts";

/** The limits of the frames. */
export type FrameLimits = Pick<DecoderOptions, "maxMessageBytes" | "maxHeaderBytes">;

/** ConverseStream or InvokeModelWithResponseStream. */
export type BedrockOperation = "converse" | "invoke";

/** Options of {@link BedrockDecoder}. */
export interface BedrockDecoderOptions<
  Op extends BedrockOperation | undefined = BedrockOperation | undefined,
> extends FrameLimits {
  /**
   * The operation of the request. A response of the other one is then INVALID_PAYLOAD, and `invoke`
   * returns the chunks without an event around them. Default: either operation.
   */
  operation?: Op | undefined;
}

/** An event of either operation. */
export type BedrockEvent = ConverseStreamEvent | InvokeModelEvent;

/** What a decoder returns, by its operation. */
export type DecodedEvent<Op extends BedrockOperation | undefined> = Op extends "converse"
  ? ConverseStreamEvent
  : Op extends "invoke"
    ? unknown
    : BedrockEvent;

const rules: OptionRules<BedrockDecoderOptions> = {
  operation: oneOf("converse", "invoke"),
  maxMessageBytes: wholeNumber(16, 0xffffffff),
  maxHeaderBytes: wholeNumber(0, 0xffffffff),
};

const converseTypes: ReadonlySet<string> = new Set(converseEventTypes);

/**
 * The event type by headers; `null` for exceptions and errors. The codec returns the same object for
 * frames with equal header bytes, so that each kind of headers is read once.
 */
const eventTypes = new WeakMap<MessageHeaders, string | null>();

/**
 * Decodes a response body of ConverseStream or InvokeModelWithResponseStream from chunks that are cut
 * anywhere. Synchronous: push each chunk, read until there is no event, and call `end` at the end of
 * the body.
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
 *   decoder.end(); // throws INCOMPLETE_STREAM if the response is incomplete
 * }
 * ```
 */
export class BedrockDecoder<Op extends BedrockOperation | undefined = undefined> {
  readonly #messages: MessageDecoder;
  readonly #operation: BedrockOperation | undefined;
  #peeked: DecodedEvent<Op> | undefined;
  #isComplete = false;
  #failure: BedrockError | undefined;

  /** @throws BedrockError INVALID_OPTION */
  constructor(options: BedrockDecoderOptions<Op> = {}) {
    checkOptions(options, rules, invalidOption);
    this.#operation = options.operation;
    this.#messages = new MessageDecoder(options);
  }

  /** Where the next unread frame starts, in bytes from the start of the body. */
  get offset(): number {
    return this.#messages.offset;
  }

  /** Takes the next bytes; never throws. Do not change the chunk before its events are read. */
  push(chunk: Uint8Array): this {
    this.#messages.push(chunk);
    return this;
  }

  /**
   * Returns the next event, or `undefined` when more bytes are needed.
   *
   * @throws BedrockError for an exception or error frame, INVALID_FRAME and INVALID_PAYLOAD, after
   * every event before it; from then on always the same error
   */
  read(): DecodedEvent<Op> | undefined {
    if (this.#peeked !== undefined) {
      const event = this.#peeked;
      this.#peeked = undefined;
      return event;
    }
    if (this.#failure) throw this.#failure;
    let { offset } = this.#messages;
    try {
      for (;;) {
        const message = this.#messages.read();
        if (!message) return undefined;
        const event = this.#decode(message, offset);
        if (event !== undefined) return event as DecodedEvent<Op>;
        ({ offset } = this.#messages);
      }
    } catch (error) {
      this.#failure = frameError(error, offset);
      throw this.#failure;
    }
  }

  /** Returns the event that the next `read` will return. Throws as `read` does. */
  peek(): DecodedEvent<Op> | undefined {
    if (this.#peeked === undefined) this.#peeked = this.read();
    return this.#peeked;
  }

  /**
   * Ends the body: no more bytes will come. Read every event before.
   *
   * @throws BedrockError INCOMPLETE_STREAM if bytes of an incomplete frame are left, or if neither
   * `messageStop` nor a final chunk was read
   */
  end(): void {
    if (this.#failure) throw this.#failure;
    const { offset } = this.#messages;
    try {
      this.#messages.end();
      if (!this.#isComplete) throw noStopEvent(offset);
    } catch (error) {
      this.#failure = frameError(error, offset);
      throw this.#failure;
    }
  }

  #decode(message: EventStreamMessage, offset: number): unknown {
    const { headers, payload } = message;
    let eventType = eventTypes.get(headers);
    if (eventType === undefined) {
      eventType = readEventType(headers);
      eventTypes.set(headers, eventType);
    }
    if (eventType === null) throw failureOf(message, offset);
    const operation = this.#operation;
    if (eventType === "chunk") {
      if (operation === "converse") throw wrongOperation("invoke", offset);
      const chunk = this.#chunk(payload, offset);
      return operation ? chunk : { type: "chunk", chunk };
    }
    const isInvoke = operation === "invoke";
    if (!converseTypes.has(eventType)) {
      return isInvoke ? undefined : { type: "unknown", eventType, payload: payload.slice() };
    }
    if (isInvoke) throw wrongOperation("converse", offset);
    return this.#converse(eventType, payload, offset);
  }

  #chunk(payload: Uint8Array, offset: number): unknown {
    let chunk: unknown;
    try {
      chunk = parseChunk(payload);
    } catch (error) {
      throw payloadError("chunk", offset, error);
    }
    if (isFinalChunk(chunk)) this.#isComplete = true;
    return chunk;
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

function readEventType(headers: MessageHeaders): string | null {
  const messageType = headers.getString(":message-type");
  if (messageType === "exception" || messageType === "error") return null;
  const eventType = messageType === "event" ? headers.getString(":event-type") : undefined;
  return eventType ?? messageType ?? "";
}

function failureOf({ headers, payload }: EventStreamMessage, offset: number): BedrockError {
  const text = (name: string) => headers.getString(name) ?? "";
  return text(":message-type") === "error"
    ? streamError(text(":error-code"), text(":error-message"), offset)
    : streamException(text(":exception-type"), new TextDecoder().decode(payload), offset);
}

function frameError(error: unknown, offset: number): BedrockError {
  if (error instanceof BedrockError) return error;
  if (!(error instanceof EventStreamError)) throw error;
  const facts = { offset, cause: error };
  return error.code === "INCOMPLETE_STREAM"
    ? new BedrockError(
        "INCOMPLETE_STREAM",
        `The stream ended inside a frame: the response is incomplete. ${error.message}`,
        facts,
      )
    : new BedrockError(
        "INVALID_FRAME",
        `The response is not a valid event stream: ${error.message}`,
        facts,
      );
}

function payloadError(eventType: string, offset: number, cause: unknown): BedrockError {
  return new BedrockError(
    "INVALID_PAYLOAD",
    `The ${eventType} event in the frame at offset ${offset} cannot be read: ${String(cause)}`,
    { offset, cause },
  );
}

function noStopEvent(offset: number): BedrockError {
  return new BedrockError(
    "INCOMPLETE_STREAM",
    `The stream ended after ${offset} bytes without a stop event: the response is incomplete.`,
    { offset },
  );
}

function wrongOperation(actual: BedrockOperation, offset: number): BedrockError {
  const remedy =
    actual === "invoke"
      ? "InvokeModelWithResponseStream: decode it with decodeInvokeModelStream"
      : "ConverseStream: decode it with decodeConverseStream";
  return new BedrockError("INVALID_PAYLOAD", `This is a response of ${remedy}.`, { offset });
}
