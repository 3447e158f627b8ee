import { HttpError } from "../../http/http-error.ts";
import type { Store } from "../../store/store.ts";
import { LiveReader } from "./live-reader.ts";
import { SharedReads } from "./shared-reads.ts";

/** The live readers of one stream. */
interface StreamReaders {
  readonly reads: SharedReads;
  readonly readers: Set<LiveReader>;
  readonly unsubscribe: () => void;
}

/**
 * All live readers of the server. One subscription to the store serves all readers of a stream, and
 * one read serves all that wait at the same position: a hundred readers cost the store what one costs.
 */
export class LiveReaders {
  readonly #store: Store;
  readonly #maxReaders: number;
  readonly #onCount: ((readers: number) => void) | undefined;
  readonly #streams = new Map<string, StreamReaders>();
  #count = 0;
  #isEnding = false;
  #onEmpty: (() => void) | undefined;

  /** @param onCount - called when a reader joins or leaves */
  constructor(store: Store, maxReaders: number, onCount?: (readers: number) => void) {
    this.#store = store;
    this.#maxReaders = maxReaders;
    this.#onCount = onCount;
  }

  /** Adds a reader, which must leave in the end. Throws a 429 if there are too many. */
  join(path: string): LiveReader {
    if (this.#count >= this.#maxReaders) {
      throw new HttpError(
        429,
        `${this.#maxReaders} readers already wait, the most that may (limits.waitingReaders): try again, or read without live.`,
        { "retry-after": "1" },
      );
    }
    const stream = this.#streams.get(path) ?? this.#openStream(path);
    this.#changeCount(1);
    const reader: LiveReader = new LiveReader(
      stream.reads,
      () => this.#isEnding,
      () => {
        stream.readers.delete(reader);
        this.#changeCount(-1);
        if (stream.readers.size > 0 || this.#streams.get(path) !== stream) return;
        stream.unsubscribe();
        this.#streams.delete(path);
      },
    );
    stream.readers.add(reader);
    return reader;
  }

  /** Ends all waits; later ones end immediately. */
  end(): void {
    this.#isEnding = true;
    for (const { readers } of this.#streams.values()) {
      for (const reader of readers) reader.wake("ended");
    }
  }

  /** Resolves when every reader has left, or after `timeoutMs`. */
  whenEmpty(timeoutMs: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #openStream(path: string): StreamReaders {
    const reads = new SharedReads(this.#store);
    const readers = new Set<LiveReader>();
    const unsubscribe = this.#store.subscribe(path, () => {
      reads.invalidate();
      for (const reader of readers) reader.wake("changed");
    });
    const stream = { reads, readers, unsubscribe };
    this.#streams.set(path, stream);
    return stream;
  }

  #changeCount(change: number): void {
    this.#count += change;
    this.#onCount?.(this.#count);
    if (this.#count === 0) this.#onEmpty?.();
  }
}
