// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

/**
 * Takes the text of an SSE answer apart, however it is cut, and calls `onEvent` for each event. `id`
 * and `retry` mean nothing to a durable stream. Time is linear in what arrives: a line is put
 * together once, when its end is there. A byte order mark is the decoder's to drop.
 */
export class SseParser {
  readonly #onEvent: (type: string, data: string) => void;
  /** The start of a line whose end has not come yet. */
  #pieces: string[] = [];
  /** After a CR: an LF that follows belongs to it. */
  #wasCr: boolean = false;
  #type: string = "";
  #data: string[] = [];
  /** How many characters are kept of an event that is not over yet. */
  pendingLength: number = 0;

  constructor(onEvent: (type: string, data: string) => void) {
    this.#onEvent = onEvent;
  }

  push(chunk: string): void {
    let start = this.#wasCr && chunk.startsWith("\n") ? 1 : 0;
    if (chunk !== "") this.#wasCr = chunk.endsWith("\r");
    let cr = chunk.indexOf("\r", start);
    let lf = chunk.indexOf("\n", start);
    while (cr >= 0 || lf >= 0) {
      const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf;
      this.#addPiece(chunk.slice(start, end));
      this.#endLine();
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1;
      if (cr >= 0 && cr < start) cr = chunk.indexOf("\r", start);
      if (lf >= 0 && lf < start) lf = chunk.indexOf("\n", start);
    }
    if (start < chunk.length) this.#addPiece(chunk.slice(start));
  }

  #addPiece(piece: string): void {
    this.#pieces.push(piece);
    this.pendingLength += piece.length;
  }

  #endLine(): void {
    const line = this.#pieces.length === 1 ? (this.#pieces[0] ?? "") : this.#pieces.join("");
    this.#pieces = [];
    if (line === "") {
      this.#endEvent();
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") this.#data.push(value);
    else {
      if (name === "event") this.#type = value;
      this.pendingLength -= line.length;
    }
  }

  #endEvent(): void {
    const data = this.#data;
    const type = this.#type;
    this.#data = [];
    this.#type = "";
    this.pendingLength = 0;
    if (data.length > 0) this.#onEvent(type, data.join("\n"));
  }
}
