import { readFrame, readPrelude, truncated, type EventStreamMessage } from "../frame/frame.ts";
import { preludeBytes } from "../frame-layout.ts";
import { resolveOptions, type DecoderOptions, type ResolvedOptions } from "../options.ts";
import { excerptBytes, isText, notAnEventStream } from "../frame/not-an-event-stream.ts";

// A frame across chunks gets room for this much at once, and for more only as its bytes arrive.
const firstRoom = 65_536;

const noBytes = /* @__PURE__ */ new Uint8Array(0);
const noView = /* @__PURE__ */ viewOf(noBytes);

/**
 * Decodes messages from chunks that are cut anywhere. Synchronous: push what arrived, read until there
 * is nothing, and call `end` when no more will come.
 *
 * A frame that lies inside one chunk is decoded in place; one across chunks is put together once.
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
  /** Chunks behind the current one. */
  #waiting: Uint8Array[] = [];
  #taken = 0;
  #view = noView;
  #at = 0;
  /** The start of a frame whose end is not in its chunk. */
  #part = noBytes;
  #partLength = 0;
  /** How long the next frame is, once its prelude is checked; 0 before. */
  #total = 0;
  #bufferedBytes = 0;
  #offset = 0;
  #isText = false;
  #hasEnded = false;
  #error: Error | undefined;

  constructor(options?: DecoderOptions) {
    this.#options = resolveOptions(options);
  }

  /** Bytes pushed and not read yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Where the next unread frame starts, in bytes from the start of the stream. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Takes the next bytes; never throws. Without `copy` the chunk must stay as it is until its frames
   * are read, and as long as their payloads are used.
   */
  push(chunk: Uint8Array): this {
    // After an error nothing is read any more, so that nothing needs to be kept.
    if (this.#error) return this;
    this.#bufferedBytes += chunk.byteLength;
    this.#waiting.push(this.#options.copy ? new Uint8Array(chunk) : chunk);
    return this;
  }

  /**
   * The next message, or `undefined` when more bytes are needed.
   *
   * @throws EventStreamError when the next frame is bad, after all good ones came out; from then on
   * always the same error
   */
  read(): EventStreamMessage | undefined {
    return this.#advance(true);
  }

  /**
   * Says that no more bytes will come. Frames that are complete can still be read.
   *
   * @throws EventStreamError `TRUNCATED` if the bytes that are left do not make a frame, or what `read`
   * would throw
   */
  end(): void {
    this.#hasEnded = true;
    this.#advance(false);
  }

  /** All messages that are complete now. */
  *[Symbol.iterator](): Generator<EventStreamMessage, undefined> {
    for (let message = this.read(); message; message = this.read()) yield message;
    return undefined;
  }

  /** Looks for the next frame and, if it is there, takes it. The first error is final. */
  #advance(isTaken: boolean): EventStreamMessage | undefined {
    if (this.#error) throw this.#error;
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
      // Nothing is kept for what comes after an error.
      this.#waiting = [];
      this.#view = noView;
      this.#part = noBytes;
      this.#bufferedBytes = 0;
      // Only a checksum function of the caller's can throw anything but an Error.
      throw (this.#error = error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** What the next frame lies in, or its prelude. */
  #frameView(): DataView {
    return this.#partLength > 0 ? viewOf(this.#part) : this.#view;
  }

  #frameAt(): number {
    return this.#partLength > 0 ? 0 : this.#at;
  }

  /**
   * Whether all of the next frame is there: at `#at` of the current chunk, or in `#part`. Moves the
   * start of one that is not into `#part`, so that its chunks can be let go.
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
    const start = new Uint8Array(view.buffer, view.byteOffset + at, this.#total || preludeBytes);
    if (this.#isText) throw notAnEventStream(start);
    this.#isText = this.#offset === 0 && isText(start);
    // What the body says is worth waiting for: it tells what went wrong.
    this.#total = this.#isText ? excerptBytes : readPrelude(view, at, this.#options, this.#offset);
  }

  #cutOff(): Error {
    const part = this.#part.subarray(0, this.#partLength);
    return this.#offset === 0 && isText(part)
      ? notAnEventStream(part)
      : truncated(part.byteLength, this.#total || undefined, this.#offset);
  }

  /** Moves bytes of the current chunk to the frame that is being put together. */
  #takePart(count: number): void {
    const length = this.#partLength + count;
    if (length > this.#part.byteLength) {
      const room = Math.max(4 * length, firstRoom);
      const grown = new Uint8Array(Math.min(this.#total || 256, room));
      grown.set(this.#part);
      this.#part = grown;
    }
    const { buffer, byteOffset } = this.#view;
    this.#part.set(new Uint8Array(buffer, byteOffset + this.#at, count), this.#partLength);
    this.#partLength = length;
    this.#at += count;
  }

  /** Goes to the next chunk; lets go of the last one too when there is none. */
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

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
