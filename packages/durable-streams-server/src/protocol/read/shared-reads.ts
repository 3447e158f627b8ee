import type { ReadOutcome, ReadRequest, Store } from "../../store/store.ts";

/** A read at a position that is known. */
export type PositionedRead = ReadRequest & {
  readonly position: number;
  readonly generation: number;
};

/** The reads of one stream's live readers, shared by all that wait at the same offset. */
export class SharedReads {
  readonly #store: Store;
  /** Counts the changes of the stream. */
  version = 0;
  /** By offset. A read that began before the last change may lack it, so only later ones are kept. */
  #reads = new Map<string, Promise<ReadOutcome>>();

  constructor(store: Store) {
    this.#store = store;
  }

  invalidate(): void {
    this.version++;
    this.#reads = new Map();
  }

  shared(request: PositionedRead): Promise<ReadOutcome> {
    const key = `${request.generation}:${request.position}`;
    let read = this.#reads.get(key);
    if (!read) this.#reads.set(key, (read = this.#store.read(request)));
    return read;
  }

  unshared(request: PositionedRead): Promise<ReadOutcome> {
    return this.#store.read(request);
  }
}
