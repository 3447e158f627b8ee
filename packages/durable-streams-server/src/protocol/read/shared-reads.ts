import type { ReadOutcome, ReadRequest, Store } from "../../store/store.ts";

/** A read at a position that is known. */
export type PositionedRead = ReadRequest & { readonly position: number };

/** The reads of one stream's live readers, shared by all that wait at the same position. */
export class SharedReads {
  readonly #store: Store;
  /** Counts the changes of the stream. */
  version = 0;
  /** By position. A read that began before the last change may lack it, so only later ones are kept. */
  #reads = new Map<number, Promise<ReadOutcome>>();

  constructor(store: Store) {
    this.#store = store;
  }

  invalidate(): void {
    this.version++;
    this.#reads = new Map();
  }

  shared(request: PositionedRead): Promise<ReadOutcome> {
    let read = this.#reads.get(request.position);
    if (!read) this.#reads.set(request.position, (read = this.#store.read(request)));
    return read;
  }

  unshared(request: PositionedRead): Promise<ReadOutcome> {
    return this.#store.read(request);
  }
}
