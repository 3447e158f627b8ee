// https://smithy.io/2.0/aws/amazon-eventstream.html
import type { EventStreamMessage } from "./frame.ts";

/** What a message is, by its `:message-type`. */
export type Envelope =
  | {
      readonly kind: "event";
      readonly eventType: string;
      readonly contentType?: string;
      readonly payload: Uint8Array;
    }
  | {
      readonly kind: "exception";
      readonly exceptionType: string;
      readonly contentType?: string;
      readonly payload: Uint8Array;
    }
  | {
      readonly kind: "error";
      /** `""` where the service sent none. */
      readonly errorCode: string;
      /** `""` where the service sent none. */
      readonly errorMessage: string;
    }
  | {
      readonly kind: "unknown";
      readonly messageType?: string;
      readonly message: EventStreamMessage;
    };

/**
 * Tells events, modelled exceptions and errors apart. It never throws: a message that says nothing
 * usable is `unknown`, and `initial-request` and `initial-response` are events like any other.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage, header, readEnvelope } from "@freshet/eventstream-codec";
 *
 * const frame = encodeMessage({
 *   headers: { ":message-type": header.string("event"), ":event-type": header.string("chunk") },
 * });
 * const envelope = readEnvelope(decodeMessage(frame));
 * if (envelope.kind === "event") console.log(envelope.eventType); // chunk
 * ```
 */
export function readEnvelope(message: EventStreamMessage): Envelope {
  const { headers, payload } = message;
  const messageType = headers.getString(":message-type");
  const contentType = headers.getString(":content-type");
  const body = contentType === undefined ? { payload } : { contentType, payload };
  if (messageType === "event") {
    const eventType = headers.getString(":event-type");
    if (eventType !== undefined) return { kind: "event", eventType, ...body };
  } else if (messageType === "exception") {
    const exceptionType = headers.getString(":exception-type");
    if (exceptionType !== undefined) return { kind: "exception", exceptionType, ...body };
  } else if (messageType === "error") {
    const errorCode = headers.getString(":error-code") ?? "";
    const errorMessage = headers.getString(":error-message") ?? "";
    return { kind: "error", errorCode, errorMessage };
  }
  return messageType === undefined
    ? { kind: "unknown", message }
    : { kind: "unknown", messageType, message };
}
