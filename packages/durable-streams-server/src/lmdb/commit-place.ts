/** A commit that takes longer than this is made on another thread, in milliseconds. */
const QUICK_MS = 1;

/** How long commits are then made there, before this thread tries again, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Where commits are made. On a disk that flushes in a quarter of a millisecond, going to another thread
 * and back takes longer than the flush, so the commit is made on this one; on a slower disk that would
 * hold up everybody who only reads. Which of them the disk is shows in how long commits take.
 */
export class CommitPlace {
  #elsewhereUntil = 0;
  #pauseMs = FIRST_PAUSE_MS;

  /** Whether the commit that begins now should be made on this thread. */
  isHere(now: number): boolean {
    return now >= this.#elsewhereUntil;
  }

  /** Learns from a commit that was made on this thread. */
  tookHere(durationMs: number, now: number): void {
    if (durationMs <= QUICK_MS) {
      // Slowly forgiven, so that a disk that is slow now and then is not blocked on each time.
      this.#pauseMs = Math.max(FIRST_PAUSE_MS, this.#pauseMs * 0.99);
      return;
    }
    this.#elsewhereUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
