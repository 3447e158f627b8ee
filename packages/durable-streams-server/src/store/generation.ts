/**
 * Where the ids of a store begin that has none yet. They are the generations of the streams, and must
 * exceed those of a store that was here before, whose offsets clients still have: the clock does.
 */
export function firstId(now: number = Date.now()): number {
  return now * 1000;
}
