// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#57-read-stream---live-sse
import { ParseError, ProtocolError } from "../errors.ts";
import type { Offset } from "../protocol/offset.ts";
import { SseParser } from "./sse-parser.ts";

/** The data events between two control events, with what the control event after them says. */
export interface SseBatch {
  readonly data: readonly string[];
  readonly nextOffset: Offset;
  readonly cursor: string | undefined;
  readonly upToDate: boolean;
  readonly closed: boolean;
}

/** What may wait for a control event, in characters. */
const maxBatchLength = 64 * 1024 * 1024;

/**
 * Cuts the body of a live SSE answer into batches. Data whose control event has not come is never
 * given: only that event says where reading goes on after it, so without it the data comes again.
 */
export class SseBatchReader {
  readonly #decoder = new TextDecoder();
  readonly #url: string;
  #data: string[] = [];
  #length: number = 0;
  #batches: SseBatch[] = [];
  readonly #parser = new SseParser((type, data) => {
    if (type === "data") this.#addData(data);
    else if (type === "control") this.#addControl(data);
    // Other types are extensions (PROTOCOL.md, section 9.1).
  });

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws ParseError at a control event that is not one; ProtocolError at too much data */
  push(chunk: Uint8Array): SseBatch[] {
    this.#parser.push(this.#decoder.decode(chunk, { stream: true }));
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
        "PARSE_ERROR",
        `GET ${this.#url}: an SSE control event is not a JSON object with streamNextOffset: ${text.slice(0, 100)}`,
        { url: this.#url },
      );
    }
    this.#batches.push({
      data: this.#data,
      nextOffset: control.streamNextOffset,
      cursor: control.streamCursor,
      closed: control.streamClosed === true,
      // A closed stream's reader is at its end (the control event then has no upToDate).
      upToDate: control.upToDate === true || control.streamClosed === true,
    });
    this.#data = [];
    this.#length = 0;
  }

  #checkLength(): void {
    if (this.#length + this.#parser.pendingLength <= maxBatchLength) return;
    throw new ProtocolError(
      `GET ${this.#url}: more than ${maxBatchLength} characters came by SSE without a control event.`,
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
