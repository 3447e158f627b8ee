import { linkedAbort } from "../async/linked-abort.ts";
import { iterateBytes, type ByteSource } from "../bytes/byte-source.ts";

/** Options of {@link readErrorBody}. */
export interface ReadErrorBodyOptions {
  /** How much is read, in bytes. Default 65,536. */
  maxBytes?: number | undefined;
  /** How long it may take, in milliseconds: such a body may trickle, or never come. Default 1,000. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The start of the body of an error response as text, for an error's message. Never throws: whatever is wrong
 * with the body, the status matters more. What is not read is cancelled.
 */
export async function readErrorBody(
  body: ByteSource | null | undefined,
  { maxBytes = 65_536, timeoutMs = 1000, signal }: ReadErrorBodyOptions = {},
): Promise<string> {
  const decoder = new TextDecoder();
  const deadline = linkedAbort(signal);
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  let left = maxBytes;
  let text = "";
  try {
    for await (const chunk of iterateBytes(body ?? [], { signal: deadline.signal })) {
      text += decoder.decode(chunk.subarray(0, left), { stream: true });
      left -= chunk.byteLength;
      if (left <= 0) break;
    }
  } catch {
    // What came before it was cut is better than nothing.
  } finally {
    clearTimeout(timer);
    deadline.abort();
  }
  return text;
}
