import { anAbortSignal, SilenceTimer, timeLimit, type OptionRules } from "@freshet/core";

/** Turns the items of a {@link frameStream} into frames. */
export interface FrameWriter<Item> {
  /** The text that is sent before everything else. */
  readonly opening: string;
  /** The frames of an item. Throws for an item that cannot be written. */
  write(item: Item): string;
  /** The frames that end a stream once its source has ended, also after a failure. Must not throw. */
  close(): string;
  /**
   * The frames that report a failure to the client, before those of `close`; or `undefined` to cut the
   * response, because the client can come back and read on. Must not throw.
   */
  fail(error: unknown): string | undefined;
  /** Whether the response ends here, whatever its source goes on to give. */
  readonly isComplete?: boolean;
  /** How a response is cut: by an `"error"` of its body where an `"end"` would look complete. */
  readonly cut: "end" | "error";
  /** Reports a failure that can no longer be sent to the client. Must not throw. */
  report(error: unknown): void;
}

/** Options of {@link frameStream}. */
export interface FrameStreamOptions {
  /** A comment is sent after this much silence, in milliseconds; `Infinity` for never. Default 15,000. */
  keepAliveMs?: number | undefined;
  /**
   * How long a client may read nothing, in milliseconds, before the response is cut and its source stopped;
   * `Infinity` for ever. Default five minutes.
   */
  writeTimeoutMs?: number | undefined;
  /** Ends the response without `done` and stops the source. Usually the request's own signal. */
  signal?: AbortSignal | undefined;
}

export const frameStreamRules: OptionRules<FrameStreamOptions> = {
  keepAliveMs: timeLimit,
  writeTimeoutMs: timeLimit,
  signal: anAbortSignal,
};

/**
 * Moves items, as frames of text, from a source into a byte stream: one chunk per pull. A chunk holds the
 * items that the source has ready, up to 16 KiB, and is sent as soon as the source has no more ready.
 *
 * No timer is needed to see that: an item that is ready arrives within a few turns of the microtask queue,
 * one that waits for anything outside never does.
 */
export function frameStream<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
  writer: FrameWriter<Item>,
  options: FrameStreamOptions,
): ReadableStream<Uint8Array> {
  // Nothing is prepared ahead of the reader: each pull gathers what is ready then.
  return new ReadableStream(new FramePump(source, writer, options), { highWaterMark: 0 });
}

class FramePump<Item> implements UnderlyingDefaultSource<Uint8Array> {
  readonly #source: AsyncIterable<Item> | Iterable<Item>;
  readonly #writer: FrameWriter<Item>;
  readonly #signal: AbortSignal | undefined;
  readonly #silence: SilenceTimer;
  /** Runs while the client does not read. */
  readonly #stall: SilenceTimer;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #items: AsyncIterator<Item> | Iterator<Item> | undefined;
  /** Frames that are not sent yet. */
  #text = "";
  /** Resolves the pending pull; undefined while the client does not pull. */
  #resolvePull: (() => void) | undefined;
  #isReading = false;
  #sourceEnded = false;
  #isCut = false;
  #closed = false;
  #itemCount = 0;
  #isWatching = false;

  constructor(
    source: AsyncIterable<Item> | Iterable<Item>,
    writer: FrameWriter<Item>,
    { signal, keepAliveMs = 15_000, writeTimeoutMs = 300_000 }: FrameStreamOptions,
  ) {
    this.#source = source;
    this.#writer = writer;
    this.#signal = signal;
    this.#silence = new SilenceTimer(keepAliveMs, this.#onSilence);
    this.#stall = new SilenceTimer(writeTimeoutMs, this.#onAbort);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#text = this.#writer.opening;
    this.#send();
    if (this.#signal?.aborted) this.#onAbort();
    else this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  pull(): Promise<void> {
    this.#stall.stop();
    return new Promise((resolve) => {
      this.#resolvePull = resolve;
      this.#advance();
    });
  }

  cancel(): void {
    this.#close();
    this.#stopSource();
  }

  /** Takes the next step towards the end of the pending pull. */
  #advance(): void {
    if (this.#closed || !this.#resolvePull) return;
    if (this.#sourceEnded) this.#finish();
    else if (this.#text.length >= chunkLength) this.#send();
    else if (this.#isReading) this.#watch();
    else this.#read();
  }

  #read(): void {
    try {
      this.#items ??= iteratorOf(this.#source);
      if (Symbol.asyncIterator in this.#source) {
        this.#isReading = true;
        void Promise.resolve(this.#items.next()).then(this.#onResult, this.#onFailure);
        this.#watch();
      } else {
        // Everything is ready, so there is nothing to watch for.
        const items = this.#items as Iterator<Item>;
        while (this.#text.length < chunkLength && this.#take(items.next()));
        this.#advance();
      }
    } catch (error) {
      if (this.#items) this.#stopSource();
      this.#fail(error);
    }
  }

  readonly #onResult = (result: IteratorResult<Item, unknown>): void => {
    this.#isReading = false;
    if (this.#closed) return;
    try {
      this.#take(result);
    } catch (error) {
      // The item could not be written; the source has not ended by itself.
      this.#stopSource();
      this.#fail(error);
      return;
    }
    this.#advance();
  };

  readonly #onFailure = (error: unknown): void => {
    this.#isReading = false;
    if (!this.#closed) this.#fail(error);
  };

  #take(result: IteratorResult<Item, unknown>): boolean {
    this.#itemCount++;
    if (result.done) {
      this.#sourceEnded = true;
      return false;
    }
    this.#text += this.#writer.write(result.value);
    if (!this.#writer.isComplete) return true;
    this.#sourceEnded = true;
    this.#stopSource();
    return false;
  }

  /** Sends the gathered text once the source has been quiet for some turns of the microtask queue. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    let seen = this.#itemCount;
    let quietTurns = 0;
    const look = () => {
      if (this.#itemCount !== seen) {
        seen = this.#itemCount;
        quietTurns = 0;
      } else if (++quietTurns === maxQuietTurns || !this.#resolvePull) {
        this.#isWatching = false;
        if (this.#resolvePull) this.#onQuiet();
        return;
      }
      void turn.then(look);
    };
    void turn.then(look);
  }

  #onQuiet(): void {
    if (this.#text !== "") this.#send();
    else this.#silence.start();
  }

  readonly #onSilence = (): void => {
    this.#text = ":\n\n";
    this.#send();
  };

  // A plain end, not an error: readers see by the missing `done` that the stream is incomplete, and servers
  // would log an error for every client that leaves.
  readonly #onAbort = (): void => {
    this.#controller?.close();
    this.#close();
    this.#stopSource();
  };

  #send(): void {
    this.#controller?.enqueue(this.#encoder.encode(this.#text));
    this.#text = "";
    // A client that does not read needs no sign of life.
    this.#silence.stop();
    const resolvePull = this.#resolvePull;
    this.#resolvePull = undefined;
    if (resolvePull) this.#stall.start();
    resolvePull?.();
  }

  #finish(): void {
    if (this.#isCut) {
      this.#cut();
      return;
    }
    const text = this.#text + this.#writer.close();
    if (text !== "") this.#controller?.enqueue(this.#encoder.encode(text));
    this.#controller?.close();
    this.#close();
  }

  #cut(): void {
    // An error would discard what is not read yet, so that goes first.
    if (this.#text !== "") {
      this.#send();
      return;
    }
    if (this.#writer.cut === "end") this.#controller?.close();
    else this.#controller?.error(new Error("The source failed. The server's log has the reason."));
    this.#close();
  }

  #fail(error: unknown): void {
    this.#sourceEnded = true;
    const frames = this.#writer.fail(error);
    this.#isCut = frames === undefined;
    this.#text += frames ?? "";
    this.#advance();
  }

  /** Not awaited: a source that waits for its next event handles `return` only after it. */
  #stopSource(): void {
    const report = (error: unknown) => this.#writer.report(error);
    try {
      this.#items ??= iteratorOf(this.#source);
      Promise.resolve(this.#items.return?.()).catch(report);
    } catch (error) {
      report(error);
    }
  }

  #close(): void {
    this.#closed = true;
    this.#text = "";
    this.#silence.close();
    this.#stall.close();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#resolvePull?.();
    this.#resolvePull = undefined;
  }
}

// One turn of the microtask queue. `queueMicrotask` does more in Node and is six times slower.
const turn = Promise.resolve();

const chunkLength = 16 * 1024;

// A chain of generators takes about three turns per link to pass an event on. This many turns take about a
// microsecond.
const maxQuietTurns = 32;

function iteratorOf<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}
