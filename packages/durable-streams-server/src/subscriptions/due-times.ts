/** How finely times are told apart, in milliseconds. */
const BUCKET_MS = 1000;

/** A queue of ids by the time at which each is due. To find those that are due visits no others. */
export class DueTimes {
  readonly #dueAt = new Map<string, number>();
  readonly #buckets = new Map<number, Set<string>>();

  /** @param at - `null` if the id is not due at any time */
  set(id: string, at: number | null): void {
    const before = this.#dueAt.get(id);
    if (before === at) return;
    if (before !== undefined) this.#remove(id, before);
    if (at === null) return;
    this.#dueAt.set(id, at);
    const bucket = this.#buckets.get(bucketOf(at));
    if (bucket) bucket.add(id);
    else this.#buckets.set(bucketOf(at), new Set([id]));
  }

  /** The ids that are due. They stay in the queue until they are set again. */
  until(now: number): string[] {
    const due: string[] = [];
    for (const [number, ids] of this.#buckets) {
      if (number > bucketOf(now)) continue;
      for (const id of ids) if ((this.#dueAt.get(id) ?? Infinity) <= now) due.push(id);
    }
    return due;
  }

  #remove(id: string, at: number): void {
    this.#dueAt.delete(id);
    const bucket = this.#buckets.get(bucketOf(at));
    bucket?.delete(id);
    if (bucket?.size === 0) this.#buckets.delete(bucketOf(at));
  }
}

function bucketOf(at: number): number {
  return Math.floor(at / BUCKET_MS);
}
