import { seededRandom } from "./seeded-random.ts";

// Chunks are copies: a parser that reads beyond its chunk must not find the next bytes there.

/** Cuts bytes at the given positions, which may repeat (an empty chunk) but not go back. */
export function cutAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const ends = [...positions, bytes.byteLength];
  return ends.map((end, index) => bytes.slice(positions[index - 1] ?? 0, end));
}

/** Cuts bytes into chunks of one size; the last may be shorter. */
export function cutEvery(bytes: Uint8Array, size: number): Uint8Array[] {
  return cut(bytes, () => size);
}

/** Cuts bytes into chunks of 1 to `longest` bytes, the same for the same seed. */
export function cutAtRandom(bytes: Uint8Array, seed: number, longest = 60): Uint8Array[] {
  const random = seededRandom(seed);
  return cut(bytes, () => 1 + Math.floor(random() * longest));
}

/** Cuts bytes in two at every position, so that one chunk may be empty. For up to a few kilobytes. */
export function everyCut(bytes: Uint8Array): Uint8Array[][] {
  return Array.from({ length: bytes.byteLength + 1 }, (_, at) => cutAt(bytes, [at]));
}

/** The slicings that every parser is tested with, by name. */
export const slicings: readonly (readonly [
  name: string,
  cut: (bytes: Uint8Array) => Uint8Array[],
])[] = [
  ["whole", (bytes) => [bytes]],
  ["byte by byte", (bytes) => cutEvery(bytes, 1)],
  ["random chunks, seed 1", (bytes) => cutAtRandom(bytes, 1)],
  ["random chunks, seed 2", (bytes) => cutAtRandom(bytes, 2)],
  ["random chunks, seed 3", (bytes) => cutAtRandom(bytes, 3)],
];

function cut(bytes: Uint8Array, nextSize: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + nextSize();
    chunks.push(bytes.slice(at, end));
    at = end;
  }
  return chunks;
}
