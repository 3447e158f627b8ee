import { seededRandom } from "../../src/testing/seeded-random.ts";

/** Every way a body may be cut that a test has to try. */
export const slicings: readonly (readonly [string, (body: Uint8Array) => Uint8Array[]])[] = [
  ["whole", (body) => [body]],
  ["byte by byte", (body) => slice(body, () => 1)],
  ...[1, 2, 3].map((seed) => {
    const name = `at random (${seed})`;
    return [name, (body: Uint8Array) => randomSlices(body, seed)] as const;
  }),
];

export function randomSlices(body: Uint8Array, seed: number, longest = 60): Uint8Array[] {
  const random = seededRandom(seed);
  return slice(body, () => 1 + Math.floor(random() * longest));
}

function slice(body: Uint8Array, nextSize: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const end = Math.min(body.length, at + nextSize());
    // Copies: a parser that peeks beyond its chunk must not find the next bytes there.
    chunks.push(body.slice(at, end));
    at = end;
  }
  return chunks;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const body = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** Reads to the end, or to the error; both are what a test looks at. */
export async function drain<T>(
  source: AsyncIterable<T> | Iterable<T>,
): Promise<{ values: T[]; error: unknown }> {
  const values: T[] = [];
  try {
    for await (const value of source) values.push(value);
  } catch (error) {
    return { values, error };
  }
  return { values, error: undefined };
}
