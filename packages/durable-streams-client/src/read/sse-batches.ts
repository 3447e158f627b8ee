// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#57-read-stream---live-sse
import { SseParser } from "@freshet/core/sse";
import { ParseError, ProtocolError } from "../errors.ts";
import type { Offset } from "../protocol/offset.ts";

/** The data events between two control events, with the facts of the control event after them. */
export interface SseBatch {
  readonly data: readonly string[];
  readonly nextOffset: Offset;
  readonly cursor: string | undefined;
  readonly upToDate: boolean;
  readonly closed: boolean;
}

/** The most data that may wait for a control event, in characters. */
const maxBatchLength = 64 * 1024 * 1024;

/**
 * Splits the body of a live SSE response into batches. Data whose control event has not arrived is
 * never delivered: only that event states where reading continues, so without it the data comes again.
 */
export class SseBatchReader {
  readonly #url: string;
  #data: string[] = [];
  #length: number = 0;
  #batches: SseBatch[] = [];
  readonly #parser = new SseParser({
    onEvent: (type, data) => {
      if (type === "data") this.#addData(data);
      else if (type === "control") this.#addControl(data);
      // Other types are extensions (PROTOCOL.md, section 9.1).
    },
  });

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws ParseError at an invalid control event; ProtocolError at too much data without one */
  push(chunk: Uint8Array): SseBatch[] {
    this.#parser.push(chunk);
    this.#checkLength();
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  #addData(data: string): void {
    this.#length += data.length;
    this.#checkLength();
    this.#data.push(data);
  }

  #addControl(text: string): void {
    const control = parseControl(text);
    if (!control) {
      throw new ParseError(
        "INVALID_PAYLOAD",
        `GET ${this.#url}: invalid SSE control event ${text.slice(0, 100)}: expected a JSON object with streamNextOffset.`,
        { url: this.#url },
      );
    }
    this.#batches.push({
      data: this.#data,
      nextOffset: control.streamNextOffset,
      cursor: control.streamCursor,
      closed: control.streamClosed === true,
      // The control event of a closed stream has no upToDate, though the reader has everything.
      upToDate: control.upToDate === true || control.streamClosed === true,
    });
    this.#data = [];
    this.#length = 0;
  }

  #checkLength(): void {
    if (this.#length + this.#parser.pendingLength <= maxBatchLength) return;
    throw new ProtocolError(
      `GET ${this.#url}: more than ${maxBatchLength} characters arrived by SSE without a control event.`,
      { url: this.#url },
    );
  }
}

interface Control {
  streamNextOffset: string;
  streamCursor?: string;
  streamClosed?: boolean;
  upToDate?: boolean;
}

function parseControl(text: string): Control | undefined {
  try {
    const value = JSON.parse(text) as Control | null;
    return typeof value?.streamNextOffset === "string" && value.streamNextOffset !== ""
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
