// https://smithy.io/2.0/aws/amazon-eventstream.html
import type { EventStreamMessage } from "./frame.ts";

/** The kind and content of a message, by its `:message-type`. */
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
      /** `""` if the service sent none. */
      readonly errorCode: string;
      /** `""` if the service sent none. */
      readonly errorMessage: string;
    }
  | {
      readonly kind: "unknown";
      readonly messageType?: string;
      readonly message: EventStreamMessage;
    };

/**
 * Distinguishes events, modelled exceptions and errors. It never throws: a message without usable
 * headers is `unknown`, and `initial-request` and `initial-response` are events like any other.
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
  const kind = headers.getString(":message-type");
  const eventType = headers.getString(":event-type");
  const exceptionType = headers.getString(":exception-type");
  const contentType = headers.getString(":content-type");
  const body = contentType === undefined ? { payload } : { contentType, payload };
  if (kind === "event" && eventType !== undefined) return { kind, eventType, ...body };
  if (kind === "exception" && exceptionType !== undefined) return { kind, exceptionType, ...body };
  if (kind === "error") {
    return {
      kind,
      errorCode: headers.getString(":error-code") ?? "",
      errorMessage: headers.getString(":error-message") ?? "",
    };
  }
  return { kind: "unknown", message, ...(kind !== undefined && { messageType: kind }) };
}
