import { fromBase64 } from "@freshet/core";
import type { ConverseStreamEvent } from "./converse-events.ts";

/** Makes an event from the wire's fields: without padding, with bytes for blobs. */
export function converseEvent(type: string, fields: Record<string, unknown>): ConverseStreamEvent {
  const event: Record<string, unknown> = { type };
  for (const name in fields) {
    // Never `__proto__`: assigning it sets the event's prototype.
    if (name !== "p" && name !== "type" && name !== "__proto__") event[name] = fields[name];
  }
  if (type === "contentBlockDelta") decodeBlobs(event["delta"] as WireDelta);
  return event as unknown as ConverseStreamEvent;
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
