import fc from "fast-check";

/** Whole, byte by byte, and at every single position; for streams of up to a few hundred bytes. */
export function everySplit(bytes: Uint8Array): Uint8Array[][] {
  const single = Array.from(bytes, (_, index) => bytes.slice(index, index + 1));
  const pairs = single.map((_, index) => [bytes.slice(0, index), bytes.slice(index)]);
  return [[bytes], single, ...pairs];
}

/** Random sizes, empty chunks among them. */
export function splitAt(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.slice(start, start + size));
    start += size;
  }
  return [...chunks, bytes.slice(start)];
}

export const chunkSizes: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 40 }), { maxLength: 60 });
