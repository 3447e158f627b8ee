import { MessageDecoder } from "@freshet/eventstream-codec";
import { BedrockDecoder, type BedrockEvent } from "../decode/bedrock-decoder.ts";
import { familyOfChunk, type ModelFamily } from "../decode/families.ts";

/** Which operation a captured response body belongs to. */
export interface CaptureInfo {
  operation: "converse" | "invoke";
  /** For InvokeModel: the family of its chunks, if it is known. */
  family?: ModelFamily;
}

/**
 * Detects the operation and model family of a captured response body, from the first frame that shows
 * it. Captures may be cut or damaged; one that holds only an exception counts as Converse.
 *
 * @example
 * ```ts
 * import { detectCapture, encodeInvokeChunk } from "@freshet/bedrock-adapter/testing";
 *
 * const capture = encodeInvokeChunk({ generation: "Hi", stop_reason: null });
 * console.log(detectCapture(capture)); // { operation: 'invoke', family: 'llama' }
 * ```
 */
export function detectCapture(body: Uint8Array): CaptureInfo {
  const eventType = firstEventType(body);
  if (eventType !== "chunk") return { operation: "converse" };
  const family = firstFamily(body);
  return family ? { operation: "invoke", family } : { operation: "invoke" };
}

function firstEventType(body: Uint8Array): string | undefined {
  const decoder = new MessageDecoder().push(body);
  try {
    for (let message = decoder.read(); message; message = decoder.read()) {
      const eventType = message.headers.getString(":event-type");
      if (eventType !== undefined) return eventType;
    }
  } catch {
    // The rest of a damaged capture is not readable.
  }
  return undefined;
}

function firstFamily(body: Uint8Array): ModelFamily | undefined {
  const decoder = new BedrockDecoder().push(body);
  try {
    let event: BedrockEvent | undefined;
    while ((event = decoder.read())) {
      const family = event.type === "chunk" ? familyOfChunk(event.chunk) : undefined;
      if (family) return family;
    }
  } catch {
    // Only the frames before an exception or a damaged frame count.
  }
  return undefined;
}
