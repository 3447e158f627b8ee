import { HttpError } from "../../http/exchange.ts";
import type { ReadOutcome, ReadRequest, Store } from "../../store/store.ts";

export type WakeReason = "changed" | "timeout" | "aborted" | "ended";

/** A timer for longer than this ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One reader at the tail of a stream. */
export interface Waiter {
  /** Resolves at once if the stream may have changed since the last read. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<WakeReason>;
  /** Reads, sharing the read with all that were woken by the same change and stand at the same place. */
  read(request: ReadRequest & { position: number }): Promise<ReadOutcome>;
  leave(): void;
  /** The server is closing. */
  readonly isEnding: boolean;
}

/**
 * All readers that wait. One subscription to the store serves all readers of a stream, and one read
 * serves all that wait at the same position: a hundred readers cost the store what one costs.
 */
export class WaitingRoom {
  readonly #store: Store;
  readonly #maxReaders: number;
  readonly #onChange: ((readers: number) => void) | undefined;
  readonly #streams = new Map<string, StreamRoom>();
  #readers = 0;
  #isEnding = false;
  #onEmpty: (() => void) | undefined;

  constructor(store: Store, maxReaders: number, onChange?: (readers: number) => void) {
    this.#store = store;
    this.#maxReaders = maxReaders;
    this.#onChange = onChange;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Throws the answer 429 when the room is full. */
  enter(path: string): Waiter {
    if (this.#readers >= this.#maxReaders) {
      throw new HttpError(
        429,
        `As many readers wait as may (limits.waitingReaders is ${this.#maxReaders}): try again, or read without live.`,
        { "retry-after": "1" },
      );
    }
    let room = this.#streams.get(path);
    if (!room) {
      room = new StreamRoom(this.#store);
      const opened = room;
      opened.unsubscribe = this.#store.subscribe(path, () => opened.change());
      this.#streams.set(path, opened);
    }
    this.#count(1);
    const entered = room;
    const waiter: RoomWaiter = new RoomWaiter(this, room, () => {
      entered.waiters.delete(waiter);
      this.#count(-1);
      if (entered.waiters.size > 0 || this.#streams.get(path) !== entered) return;
      entered.unsubscribe?.();
      this.#streams.delete(path);
    });
    room.waiters.add(waiter);
    return waiter;
  }

  /** Ends all waits; those that come later end at once. */
  end(): void {
    this.#isEnding = true;
    for (const { waiters } of this.#streams.values()) {
      for (const waiter of waiters) waiter.wake("ended");
    }
  }

  /** Resolves when every reader has left, or when they had `timeoutMs` to do so. */
  whenEmpty(timeoutMs: number): Promise<void> {
    if (this.#readers === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #count(change: number): void {
    this.#readers += change;
    this.#onChange?.(this.#readers);
    if (this.#readers === 0) this.#onEmpty?.();
  }
}

/** The readers of one stream. */
class StreamRoom {
  readonly waiters = new Set<RoomWaiter>();
  unsubscribe: (() => void) | undefined;
  version = 0;
  readonly #store: Store;
  /** By position; of the current version only: a read that began earlier may lack the change. */
  #reads = new Map<number, Promise<ReadOutcome>>();

  constructor(store: Store) {
    this.#store = store;
  }

  change(): void {
    this.version++;
    this.#reads = new Map();
    for (const waiter of this.waiters) waiter.wake("changed");
  }

  /** A read of the reader's own. */
  fresh(request: ReadRequest): Promise<ReadOutcome> {
    return this.#store.read(request);
  }

  read(request: ReadRequest & { position: number }): Promise<ReadOutcome> {
    let read = this.#reads.get(request.position);
    if (!read) this.#reads.set(request.position, (read = this.#store.read(request)));
    return read;
  }
}

class RoomWaiter implements Waiter {
  readonly leave: () => void;
  readonly #room: WaitingRoom;
  readonly #stream: StreamRoom;
  #seen: number;
  #resolve: ((reason: WakeReason) => void) | undefined;

  constructor(room: WaitingRoom, stream: StreamRoom, leave: () => void) {
    this.#room = room;
    this.#stream = stream;
    this.#seen = stream.version;
    let left = false;
    this.leave = () => {
      if (left) return;
      left = true;
      leave();
    };
  }

  get isEnding(): boolean {
    return this.#room.isEnding;
  }

  wake(reason: WakeReason): void {
    this.#resolve?.(reason);
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<WakeReason> {
    if (this.isEnding) return Promise.resolve("ended");
    if (signal.aborted) return Promise.resolve("aborted");
    if (this.#seen !== this.#stream.version) return Promise.resolve("changed");
    return new Promise((resolve) => {
      const onAbort = () => this.wake("aborted");
      const timer = Number.isFinite(timeoutMs)
        ? setTimeout(() => this.wake("timeout"), Math.min(timeoutMs, LONGEST_TIMER_MS))
        : undefined;
      this.#resolve = (reason) => {
        this.#resolve = undefined;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  read(request: ReadRequest & { position: number }): Promise<ReadOutcome> {
    // After a time-out without a change the store is asked again: a hint may have been lost.
    if (this.#seen === this.#stream.version) return this.#stream.fresh(request);
    this.#seen = this.#stream.version;
    return this.#stream.read(request);
  }
}
