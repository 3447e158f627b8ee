import { concatBytes, toBase64 } from "@freshet/core";
import { isJson, isText } from "../../wire/content-type.ts";
import { formatOffset } from "../../wire/offset.ts";
import type { Page } from "./page.ts";
import { pageBody } from "./page-body.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A page that many readers share is encoded once. */
const encodedPages = new WeakMap<Page, string>();

/** Turns the pages of one connection into server-sent events. */
export class SseFrames {
  readonly #isText: boolean;
  readonly #isJson: boolean;
  /** The start of a character whose end has not been appended yet. */
  #incomplete: Uint8Array = new Uint8Array(0);

  constructor(contentType: string) {
    this.#isText = isText(contentType);
    this.#isJson = isJson(contentType);
  }

  /** A data event, if there is data, and the control event that follows it. */
  page(page: Page, cursor: string): Uint8Array {
    const data = page.records.length > 0 ? this.#data(page) : "";
    const isLast = page.upToDate && page.stream.closed;
    const control = JSON.stringify({
      // A reader that resumes here gets the whole character.
      streamNextOffset: formatOffset(page.end - this.#incomplete.byteLength),
      ...(!isLast && { streamCursor: cursor }),
      ...(page.upToDate && { upToDate: true }),
      ...(isLast && { streamClosed: true }),
    });
    return encoder.encode(`${data}event: control\ndata:${control}\n\n`);
  }

  #data(page: Page): string {
    if (this.#isText && !this.#isJson) return this.#text(page);
    let frame = encodedPages.get(page);
    if (frame === undefined) {
      const body = pageBody(page);
      frame = this.#isText ? dataEvent(decoder.decode(body)) : dataEvent(toBase64(body));
      encodedPages.set(page, frame);
    }
    return frame;
  }

  #text(page: Page): string {
    let body = pageBody(page);
    if (this.#incomplete.byteLength > 0) body = concatBytes([this.#incomplete, body]);
    const isLast = page.upToDate && page.stream.closed;
    const length = isLast ? body.byteLength : completeLength(body);
    this.#incomplete = body.slice(length);
    return length === 0 ? "" : dataEvent(decoder.decode(body.subarray(0, length)));
  }
}

/** One data line per line of text: a payload can neither end its event nor begin another one. */
function dataEvent(payload: string): string {
  if (!/[\r\n]|^ /.test(payload)) return `event: data\ndata:${payload}\n\n`;
  // Parsers drop one space after the colon.
  const lines = payload
    .split(/\r\n|\r|\n/)
    .map((line) => (line.startsWith(" ") ? ` ${line}` : line));
  return `event: data\ndata:${lines.join("\ndata:")}\n\n`;
}

/** The length without an incomplete UTF-8 character at the end. */
function completeLength(bytes: Uint8Array): number {
  const end = bytes.byteLength;
  for (let back = 1; back <= Math.min(3, end); back++) {
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return byte > 0xf4 || needed <= back ? end : end - back;
  }
  return end;
}
