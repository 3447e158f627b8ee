import { longResponse } from "./contestants.ts";

/** Heap in use after a full collection, in MB, at points of one long response. */
export interface MemoryCurve {
  pieces: number;
  points: { at: number; heapMb: number }[];
}

/** Reads one response of `repeats` times `tokenCount` tokens and measures the heap ten times. */
export async function measureMemory(
  endpoint: string,
  tokenCount: number,
  repeats: number,
): Promise<MemoryCurve> {
  const points: MemoryCurve["points"] = [];
  const step = (tokenCount * repeats) / 10;
  const pieces = await longResponse(endpoint, repeats, (count) => {
    if (count % step !== 0) return;
    globalThis.gc?.();
    points.push({ at: count, heapMb: process.memoryUsage().heapUsed / 1e6 });
  });
  return { pieces, points };
}
