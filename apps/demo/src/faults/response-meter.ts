const endOfHead = "\r\n\r\n";

/** Follows the bytes of one HTTP response and finds where in a chunk a fault is due. */
export class ResponseMeter {
  readonly #lastFrame: string;
  #isInBody = false;
  /** Bytes of the body that have passed. */
  #passed = 0;
  /** The end of what has passed, to find what a chunk boundary splits. */
  #tail = "";

  constructor(lastFrame: string) {
    this.#lastFrame = lastFrame;
  }

  /** Returns how many bytes of `chunk` may pass before the cut; `undefined` for all and no cut. */
  cutPosition(chunk: Buffer, afterBytes: number | undefined): number | undefined {
    if (afterBytes === undefined) return undefined;
    const text = this.#tail + chunk.toString("latin1");
    let bodyAt = 0;
    if (!this.#isInBody) {
      const end = text.indexOf(endOfHead);
      this.#tail = text.slice(-endOfHead.length + 1);
      if (end === -1) return undefined;
      this.#isInBody = true;
      bodyAt = end + endOfHead.length - (text.length - chunk.length);
    }
    const lastFrameAt = text.indexOf(this.#lastFrame) - (text.length - chunk.length);
    const due = bodyAt + afterBytes - this.#passed;
    if (text.includes(this.#lastFrame)) return Math.max(bodyAt, Math.min(due, lastFrameAt));
    this.#passed += chunk.length - bodyAt;
    this.#tail = text.slice(-this.#lastFrame.length);
    return due < chunk.length ? due : undefined;
  }
}
