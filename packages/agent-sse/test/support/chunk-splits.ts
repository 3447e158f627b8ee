import fc from "fast-check";

/** The bytes whole, byte by byte, and cut at every position; for streams of up to a few hundred bytes. */
export function everySplit(bytes: Uint8Array): Uint8Array[][] {
  const single = Array.from(bytes, (_, index) => bytes.slice(index, index + 1));
  const pairs = single.map((_, index) => [bytes.slice(0, index), bytes.slice(index)]);
  return [[bytes], single, ...pairs];
}

/** The bytes cut into chunks of the given sizes, some of them empty. */
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
