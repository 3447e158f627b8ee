import {
  readFrame,
  readPrelude,
  incompleteFrame,
  type EventStreamMessage,
} from "../frame/frame.ts";
import { bytesOf, viewOf } from "../byte-views.ts";
import { preludeBytes } from "../frame-layout.ts";
import { resolveOptions, type DecoderOptions, type ResolvedOptions } from "../options.ts";
import { excerptBytes, isText, notAnEventStream } from "../frame/not-an-event-stream.ts";

// The first buffer of a frame across chunks; it grows only as the bytes arrive.
const firstRoom = 65_536;

const noBytes = /* @__PURE__ */ new Uint8Array(0);
const noView = /* @__PURE__ */ viewOf(noBytes);

/**
 * Decodes messages from chunks that are cut anywhere. Synchronous: push each chunk, read until there is
 * no message, and call `end` after the last chunk.
 *
 * A frame inside one chunk is decoded in place; a frame across chunks is assembled once.
 *
 * @example
 * ```ts
 * import { encodeMessage, MessageDecoder } from "@freshet/eventstream-codec";
 *
 * const decoder = new MessageDecoder();
 * const frame = encodeMessage({ payload: new Uint8Array([1, 2, 3]) });
 * for (const message of decoder.push(frame)) console.log(message.payload.byteLength); // 3
 * decoder.end();
 * ```
 */
export class MessageDecoder implements Iterable<EventStreamMessage> {
  readonly #options: ResolvedOptions;
  /** Chunks after the current one. */
  #waiting: Uint8Array[] = [];
  #taken = 0;
  #view = noView;
  #at = 0;
  /** The start of a frame that does not end in the chunk where it starts. */
  #part = noBytes;
  #partLength = 0;
  /** The length of the next frame; 0 until its prelude was checked. */
  #total = 0;
  #bufferedBytes = 0;
  #offset = 0;
  #isText = false;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options?: DecoderOptions) {
    this.#options = resolveOptions(options);
  }

  /** How many bytes were pushed and not read yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Where the next unread frame starts, in bytes from the start of the stream. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Takes the next bytes; never throws. Without `copy` the chunk must not change until its frames were
   * read, nor while their payloads are used.
   */
  push(chunk: Uint8Array): this {
    // After an error nothing is read, so nothing needs to be kept.
    if (this.#failure) return this;
    this.#bufferedBytes += chunk.byteLength;
    this.#waiting.push(this.#options.copy ? new Uint8Array(chunk) : chunk);
    return this;
  }

  /**
   * Returns the next message, or `undefined` if more bytes are needed.
   *
   * @throws EventStreamError if the next frame is bad, after all good frames before it; from then on
   * always the same error
   */
  read(): EventStreamMessage | undefined {
    return this.#advance(true);
  }

  /**
   * Ends the stream: no more bytes will come. Complete frames can still be read.
   *
   * @throws EventStreamError `INCOMPLETE_STREAM` if the bytes that are left are not a whole frame, or what
   * `read` would throw
   */
  end(): void {
    this.#hasEnded = true;
    this.#advance(false);
  }

  /** Yields all messages that are complete now. */
  *[Symbol.iterator](): Generator<EventStreamMessage, undefined> {
    for (let message = this.read(); message; message = this.read()) yield message;
    return undefined;
  }

  /** Looks for the next frame and takes it if it is complete. The first error is final. */
  #advance(isTaken: boolean): EventStreamMessage | undefined {
    if (this.#failure) throw this.#failure.error;
    try {
      if (!this.#findFrame() || !isTaken) return undefined;
      const total = this.#total;
      const view = this.#frameView();
      const message = readFrame(view, this.#frameAt(), total, this.#options, this.#offset);
      if (this.#partLength > 0) this.#part = noBytes;
      else this.#at += total;
      this.#partLength = 0;
      this.#total = 0;
      this.#bufferedBytes -= total;
      this.#offset += total;
      return message;
    } catch (error) {
      // After an error nothing is read, so nothing is kept.
      this.#waiting = [];
      this.#view = noView;
      this.#part = noBytes;
      this.#bufferedBytes = 0;
      this.#failure = { error };
      throw error;
    }
  }

  /** The bytes that hold the next frame, or its prelude, from `#frameAt()` on. */
  #frameView(): DataView {
    return this.#partLength > 0 ? viewOf(this.#part) : this.#view;
  }

  #frameAt(): number {
    return this.#partLength > 0 ? 0 : this.#at;
  }

  /**
   * Returns whether the next frame is complete: at `#at` of the current chunk, or in `#part`. Moves the
   * start of an incomplete frame to `#part`, which frees its chunks.
   */
  #findFrame(): boolean {
    for (;;) {
      const wanted = this.#total || preludeBytes;
      const available = this.#view.byteLength - this.#at;
      if (this.#partLength === wanted || (this.#partLength === 0 && available >= wanted)) {
        if (this.#total && !this.#isText) return true;
        this.#readPrelude();
      } else if (available > 0) {
        this.#takePart(Math.min(available, wanted - this.#partLength));
      } else if (!this.#openNext()) {
        if (this.#hasEnded && this.#partLength > 0) throw this.#cutOff();
        return false;
      }
    }
  }

  #readPrelude(): void {
    const view = this.#frameView();
    const at = this.#frameAt();
    const start = bytesOf(view, at, at + (this.#total || preludeBytes));
    if (this.#isText) throw notAnEventStream(start);
    this.#isText = this.#offset === 0 && isText(start);
    // The text says what went wrong, so it is worth waiting for more of it.
    this.#total = this.#isText ? excerptBytes : readPrelude(view, at, this.#options, this.#offset);
  }

  #cutOff(): Error {
    const part = this.#part.subarray(0, this.#partLength);
    return this.#offset === 0 && isText(part)
      ? notAnEventStream(part)
      : incompleteFrame(part.byteLength, this.#total, this.#offset);
  }

  /** Moves bytes of the current chunk to the frame that is being assembled. */
  #takePart(count: number): void {
    const length = this.#partLength + count;
    if (length > this.#part.byteLength) {
      const room = Math.max(4 * length, firstRoom);
      const grown = new Uint8Array(Math.min(this.#total || 256, room));
      grown.set(this.#part);
      this.#part = grown;
    }
    const start = this.#at;
    this.#at += count;
    this.#part.set(bytesOf(this.#view, start, this.#at), this.#partLength);
    this.#partLength = length;
  }

  /** Goes to the next chunk. Without one, frees the current chunk and returns false. */
  #openNext(): boolean {
    const chunk = this.#waiting[this.#taken];
    this.#waiting[this.#taken++] = noBytes;
    if (this.#taken >= this.#waiting.length) {
      this.#waiting = [];
      this.#taken = 0;
    }
    this.#view = chunk ? viewOf(chunk) : noView;
    this.#at = 0;
    return chunk !== undefined;
  }
}
