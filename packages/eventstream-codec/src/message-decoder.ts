import { EventStreamError } from "./event-stream-error.ts";
import { preludeBytes, readFrame, readPrelude, type EventStreamMessage } from "./frame.ts";
import { resolveOptions, type DecoderOptions, type ResolvedOptions } from "./limits.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { excerptBytes, isText, notAnEventStream } from "./not-an-event-stream.ts";

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
  readonly #queue: ChunkQueue;
  #offset = 0;
  /** Length of the next frame, once its prelude is checked; 0 before. */
  #total = 0;
  #hasEnded = false;
  #error: Error | undefined;

  constructor(options?: DecoderOptions) {
    this.#options = resolveOptions(options);
    this.#queue = new ChunkQueue();
  }

  /** Bytes pushed and not read yet. */
  get bufferedBytes(): number {
    return this.#queue.byteLength;
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
    // After an error nothing more is read, so that nothing more needs to be kept.
    if (this.#error === undefined) this.#queue.push(this.#options.copy ? chunk.slice() : chunk);
    return this;
  }

  /**
   * The next message, or `undefined` when more bytes are needed.
   *
   * @throws EventStreamError when the next frame is bad, after all good ones came out; from then on
   * always the same error
   */
  read(): EventStreamMessage | undefined {
    if (!this.#isFrameThere()) return undefined;
    const queue = this.#queue;
    const total = this.#total;
    const offset = this.#offset;
    try {
      queue.gather(total);
      const message = readFrame(queue.view, queue.position, total, this.#options, offset);
      queue.skip(total);
      this.#offset = offset + total;
      this.#total = 0;
      return message;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Says that no more bytes will come. Frames that are complete can still be read.
   *
   * @throws EventStreamError `TRUNCATED` if the bytes that are left do not make a frame, or what `read`
   * would throw
   */
  end(): void {
    this.#hasEnded = true;
    this.#isFrameThere();
  }

  /** All messages that are complete now. */
  *[Symbol.iterator](): Generator<EventStreamMessage, undefined> {
    for (let message = this.read(); message; message = this.read()) yield message;
    return undefined;
  }

  /** Whether the next frame is complete; throws if it never will be. */
  #isFrameThere(): boolean {
    if (this.#error !== undefined) throw this.#error;
    try {
      const { byteLength } = this.#queue;
      if (this.#total === 0 && byteLength >= preludeBytes) this.#readPrelude();
      if (this.#total !== 0 && byteLength >= this.#total) return true;
      if (this.#hasEnded && byteLength > 0) throw this.#truncated();
      return false;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #readPrelude(): void {
    const queue = this.#queue;
    let { view, position } = queue;
    if (queue.contiguousBytes < preludeBytes) {
      view = new DataView(this.#start(preludeBytes).buffer);
      position = 0;
    }
    if (this.#startsAsText()) {
      // What the error can show is worth waiting for: it is the answer to what went wrong.
      if (queue.byteLength < excerptBytes && !this.#hasEnded) return;
      throw notAnEventStream(this.#start(excerptBytes));
    }
    this.#total = readPrelude(view, position, this.#options, this.#offset);
  }

  #startsAsText(): boolean {
    return this.#offset === 0 && isText(this.#start(preludeBytes));
  }

  #truncated(): EventStreamError {
    if (this.#startsAsText()) return notAnEventStream(this.#start(excerptBytes));
    const offset = this.#offset;
    const { byteLength } = this.#queue;
    const expected = this.#total === 0 ? "" : ` of ${this.#total}`;
    const message = `The stream ends ${byteLength} bytes${expected} into the frame at offset ${offset}: it was cut off.`;
    return new EventStreamError("TRUNCATED", message, { offset });
  }

  /** A copy of the first bytes that wait, `length` at most. */
  #start(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(Math.min(length, this.#queue.byteLength));
    this.#queue.peek(bytes);
    return bytes;
  }

  #fail(error: unknown): Error {
    // Only a checksum function of the caller's can throw anything but an Error.
    this.#error = error instanceof Error ? error : new Error("crc32 threw", { cause: error });
    this.#queue.clear();
    return this.#error;
  }
}
