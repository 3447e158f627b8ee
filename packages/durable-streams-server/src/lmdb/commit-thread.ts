/** A commit that takes longer than this is slow, in milliseconds. */
const SLOW_COMMIT_MS = 2;

/** For how many times its duration a slow commit sends the following ones to another thread. */
const PAUSE_FACTOR = 10;

/**
 * Decides whether a commit is made on the event loop's thread. On a disk that flushes in a quarter of a
 * millisecond, a change of threads takes about as long as the flush, so it is. A slow disk would block
 * everything else: commits that find out whether the disk is slow take a tenth of the time at most.
 */
export class CommitThread {
  #blockedUntil = 0;

  /** Whether the commit that begins now should be made on the event loop's thread. */
  isEventLoop(now: number): boolean {
    return now >= this.#blockedUntil;
  }

  /** Records a commit that was made on the event loop's thread. */
  record(durationMs: number, now: number): void {
    if (durationMs > SLOW_COMMIT_MS) this.#blockedUntil = now + durationMs * PAUSE_FACTOR;
  }
}
