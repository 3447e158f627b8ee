// https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html
import { concatBytes } from "@freshet/core";

/** Cuts a body into whole frames by the lengths that they declare; nothing else is checked. */
export class FrameSplitter {
  #rest: Uint8Array = new Uint8Array(0);

  /** The bytes of the frame that is not complete yet. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** Returns the frames that `chunk` completes. A frame with an impossible length stays in `rest`. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#rest.length === 0 ? chunk : concatBytes([this.#rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at + 4 <= bytes.length) {
      const length = view.getUint32(at);
      if (length < 16 || at + length > bytes.length) break;
      frames.push(bytes.subarray(at, at + length));
      at += length;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }
}
