import { formatPosition, type Offset } from "../protocol/offset.ts";
import type { Batch } from "./batches.ts";
import { TextSplitter } from "./text-splitter.ts";

/**
 * Decodes byte batches to text. A character that is cut by the end of a batch, or of a page, is
 * delivered with the next one, and until then every position lies before it.
 *
 * @param start - where the first batch begins
 */
export async function* textBatches(
  batches: AsyncGenerator<Batch<Uint8Array>, void, undefined>,
  splitter: TextSplitter,
  start: Offset,
): AsyncGenerator<Batch<string>, void, undefined> {
  let position = start;
  for await (const batch of batches) {
    let data = splitter.push(batch.data);
    if (batch.complete && batch.segment.closed) data += splitter.end();
    const kept = splitter.keptBytes;
    if (kept === 0) position = batch.position;
    else if (kept <= batch.to) {
      position = formatPosition(batch.segment.start, batch.to - kept, "bytes");
    }
    yield { ...batch, data, position };
  }
}
