/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */

/** What {@link SseParser} calls. */
export interface SseHandlers {
  /**
   * Called for each event that has data.
   *
   * @param type - its `event` field; `""` where it has none, which means `message`
   * @param data - its `data` fields, joined by line feeds
   * @param id - its own `id` field; `undefined` where it has none and the last id goes on to hold
   */
  onEvent(type: string, data: string, id: string | undefined): void;
  /** Called for each valid `retry` field: how long the server asks a client to wait before it reconnects, in ms. */
  onRetry?: ((retryMs: number) => void) | undefined;
}

/**
 * Parses text/event-stream, however it is cut. Takes time linear in what arrives: a line is put together
 * once, when its end is there. Never throws.
 */
export class SseParser {
  readonly #handlers: SseHandlers;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #isAtStart = true;
  /** After a CR: an LF that follows belongs to it. */
  #wasCr = false;
  /** An id with a NUL is not valid: looked for in each chunk, which is faster than in each id. */
  #hasNul = false;
  /** The start of a line whose end has not come yet. */
  #line = "";
  #type = "";
  #data: string | undefined;
  #id: string | undefined;
  #lastEventId: string | undefined;

  constructor(handlers: SseHandlers) {
    this.#handlers = handlers;
  }

  /** The last id that the stream gave, also in a block without data; `undefined` before the first. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** How many UTF-16 code units are kept of an event, or of a line, that is not complete yet. */
  get pendingLength(): number {
    return this.#line.length + this.#type.length + (this.#data?.length ?? 0);
  }

  /** Whether fields of an event have come, or the start of one, without the empty line that ends it. */
  get isInsideEvent(): boolean {
    if (this.#data !== undefined || this.#type !== "" || this.#id !== undefined) return true;
    return this.#line !== "" && !this.#line.startsWith(":");
  }

  /** Takes the next piece of the stream: bytes, or text that is already decoded. */
  push(chunk: Uint8Array | string): void {
    let text = typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true });
    if (text === "") return;
    if (this.#isAtStart) {
      this.#isAtStart = false;
      if (text.startsWith("\ufeff")) text = text.slice(1);
    }
    this.#hasNul ||= text.includes("\0");
    let start = this.#wasCr && text.startsWith("\n") ? 1 : 0;
    this.#wasCr = text.endsWith("\r");
    // One kind of line end only, so that each line is searched for once.
    if (text.includes("\r")) text = text.replace(/\r\n?/g, "\n");
    let end = text.indexOf("\n", start);
    if (end >= 0 && this.#line !== "") {
      const line = this.#line + text.slice(start, end);
      this.#line = "";
      this.#readLine(line, 0, line.length);
      start = end + 1;
      end = text.indexOf("\n", start);
    }
    while (end >= 0) {
      this.#readLine(text, start, end);
      start = end + 1;
      // A quarter of all lines are empty: those need no search.
      end = text.charCodeAt(start) === lineFeed ? start : text.indexOf("\n", start);
    }
    if (start < text.length) this.#line += text.slice(start);
  }

  #readLine(text: string, start: number, end: number): void {
    if (start === end) this.#endEvent();
    else if (isData(text, start)) this.#addData(valueOf(text, start + 5, end));
    else if (isEvent(text, start)) this.#type = valueOf(text, start + 6, end);
    else if (isField(text, start, "id")) this.#setId(valueOf(text, start + 3, end));
    else if (isField(text, start, "retry")) this.#retry(valueOf(text, start + 6, end));
    else if (end - start <= 5) this.#readNameAlone(text.slice(start, end));
  }

  /** A line without a colon is a field with an empty value. */
  #readNameAlone(name: string): void {
    if (name === "data") this.#addData("");
    else if (name === "event") this.#type = "";
    else if (name === "id") this.#setId("");
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  #setId(value: string): void {
    if (!this.#hasNul || !value.includes("\0")) this.#id = value;
  }

  #retry(value: string): void {
    if (/^\d+$/.test(value)) this.#handlers.onRetry?.(Number(value));
  }

  #endEvent(): void {
    const type = this.#type;
    const data = this.#data;
    const id = this.#id;
    this.#type = "";
    this.#data = undefined;
    this.#id = undefined;
    if (id !== undefined) this.#lastEventId = id;
    if (data !== undefined) this.#handlers.onEvent(type, data, id);
  }
}

const lineFeed = 10;
const colon = 58;
const space = 32;

/** Whether a line is `data:`. By its codes, as nearly all lines are this or `event:`: a loop is a tenth slower. */
function isData(text: string, start: number): boolean {
  return (
    text.charCodeAt(start) === 100 &&
    text.charCodeAt(start + 1) === 97 &&
    text.charCodeAt(start + 2) === 116 &&
    text.charCodeAt(start + 3) === 97 &&
    text.charCodeAt(start + 4) === colon
  );
}

/** Whether a line is `event:`. */
function isEvent(text: string, start: number): boolean {
  return (
    text.charCodeAt(start) === 101 &&
    text.charCodeAt(start + 1) === 118 &&
    text.charCodeAt(start + 2) === 101 &&
    text.charCodeAt(start + 3) === 110 &&
    text.charCodeAt(start + 4) === 116 &&
    text.charCodeAt(start + 5) === colon
  );
}

/** Whether a line is a field of this name. Letter by letter, which is inlined: `startsWith` is a call. */
function isField(text: string, start: number, name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    if (text.charCodeAt(start + at) !== name.charCodeAt(at)) return false;
  }
  return text.charCodeAt(start + name.length) === colon;
}

function valueOf(text: string, start: number, end: number): string {
  // One space after the colon belongs to the syntax. At `end` there is a line feed, or nothing.
  return text.slice(text.charCodeAt(start) === space ? start + 1 : start, end);
}
