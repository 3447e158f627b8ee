/** A commit that takes longer than this is a slow one, in milliseconds. */
const QUICK_MS = 2;

/** So many times as long as a slow commit took, commits are then made on another thread. */
const PAUSE_FACTOR = 10;

/**
 * Where commits are made. On a disk that flushes in a quarter of a millisecond, going to another thread
 * and back takes about as long as the flush, so the commit is made on this one. A slow disk would hold
 * up everybody who only reads: a tenth of the time, at most, goes to finding out whether it is one.
 */
export class CommitPlace {
  #elsewhereUntil = 0;

  /** Whether the commit that begins now should be made on this thread. */
  isHere(now: number): boolean {
    return now >= this.#elsewhereUntil;
  }

  /** Learns from a commit that was made on this thread. */
  tookHere(durationMs: number, now: number): void {
    if (durationMs > QUICK_MS) this.#elsewhereUntil = now + durationMs * PAUSE_FACTOR;
  }
}
