import { BedrockDecoder, type FrameLimits, type BedrockEvent } from "./bedrock-decoder.ts";
import { BedrockError } from "../bedrock-error.ts";

/** The result of {@link parseBedrockEvents}. */
export interface ParsedEvents {
  events: BedrockEvent[];
  /** The bytes of an incomplete frame: prepend them to the next bytes. */
  rest: Uint8Array;
}

/**
 * Parses all complete frames in `bytes` without keeping state, for callers with a buffer of their own.
 * A `BedrockDecoder` keeps the buffer, and also detects an incomplete response.
 *
 * @throws BedrockError for an exception or error frame and for an invalid frame; the events before it
 * are in the error's `events`
 * @example
 * ```ts
 * import { parseBedrockEvents } from "@freshet/bedrock-adapter";
 *
 * const { events, rest } = parseBedrockEvents(new Uint8Array([0, 0, 0]));
 * console.log(events.length, rest.byteLength); // 0 3
 * ```
 */
export function parseBedrockEvents(bytes: Uint8Array, options: FrameLimits = {}): ParsedEvents {
  const decoder = new BedrockDecoder(options).push(bytes);
  const events: BedrockEvent[] = [];
  try {
    for (let event = decoder.read(); event; event = decoder.read()) events.push(event);
  } catch (error) {
    throw error instanceof BedrockError ? error.with({ events }) : error;
  }
  return { events, rest: bytes.subarray(decoder.offset) };
}
