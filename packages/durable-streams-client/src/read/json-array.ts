// https://www.rfc-editor.org/rfc/rfc8259
import { concatBytes } from "@freshet/core";
import type { ParseJson } from "./parse-json.ts";

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const open = 0x5b;
const close = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Reads one JSON array piece by piece. The bytes may be cut anywhere, and every item is returned as
 * soon as the comma or the bracket after it has arrived. Time and memory are linear in what arrives;
 * only the incomplete item is kept.
 *
 * It looks for the ends of items and leaves the items themselves to JSON.parse. In arrays of objects
 * it guesses where the last one ends instead of looking at every byte. If everything up to there
 * parses as items, the guess was right, because JSON can be read in one way only.
 */
export class JsonArrayReader {
  #depth: number = 0;
  #inString: boolean = false;
  #escaped: boolean = false;
  /** The start of an item whose end has not arrived yet. */
  #kept: Uint8Array[] = [];
  /** After a comma an item must follow. */
  #needsItem: boolean = false;
  /** True until a guess was wrong. */
  #guesses: boolean = true;
  #ended: boolean = false;
  readonly #parse: ParseJson;

  constructor(parse: ParseJson = JSON.parse) {
    this.#parse = parse;
  }

  /** True once the closing bracket was read. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Takes the next piece and returns the items it completed.
   *
   * @throws SyntaxError where the data is not a JSON array; TypeError where it is not UTF-8
   */
  push(chunk: Uint8Array): unknown[] {
    const start = this.#skipToArray(chunk);
    if (start === chunk.length) return [];
    const guess = this.#guesses ? lastObjectEnd(chunk, start) : -1;
    const items = guess < 0 ? undefined : this.#tryParse(chunk.subarray(start, guess));
    return items ? this.#pushScanned(chunk, guess + 1, items) : this.#pushScanned(chunk, start, []);
  }

  /** Takes the rest of a piece from `start` on, and adds the items it completed. */
  #pushScanned(chunk: Uint8Array, start: number, items: unknown[]): unknown[] {
    const cut = this.#scan(chunk, start);
    if (cut < 0) {
      if (start < chunk.length) this.#kept.push(chunk.subarray(start));
      return items;
    }
    this.#kept.push(chunk.subarray(start, cut));
    for (const item of this.#parseKept()) items.push(item);
    if (this.#ended) checkBlank(chunk, cut + 1);
    else if (cut + 1 < chunk.length) this.#kept.push(chunk.subarray(cut + 1));
    return items;
  }

  /** The items up to the end of `part`, if an item ends there; otherwise nothing has changed. */
  #tryParse(part: Uint8Array): unknown[] | undefined {
    try {
      const items = parseItems([...this.#kept, part], this.#parse);
      this.#kept = [];
      this.#needsItem = true;
      this.#depth = 1;
      this.#inString = false;
      this.#escaped = false;
      return items;
    } catch {
      // The guess was inside an item, or the data is not JSON: the scan of every byte shows which.
      this.#guesses = false;
      return undefined;
    }
  }

  #skipToArray(chunk: Uint8Array): number {
    if (this.#ended) return checkBlank(chunk, 0);
    if (this.#depth > 0) return 0;
    let at = 0;
    while (at < chunk.length && isSpace(chunk[at] ?? 0)) at++;
    if (at === chunk.length) return at;
    if (chunk[at] !== open) throw new SyntaxError("The data is not a JSON array.");
    this.#depth = 1;
    return at + 1;
  }

  /** Returns where the last item end in `chunk` is, or -1 if no item ends in it. */
  #scan(chunk: Uint8Array, start: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let cut = -1;
    const { length } = chunk;
    for (let at = start; at < length; at++) {
      const byte = chunk[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === quote) inString = false;
        else if (byte === backslash) escaped = true;
      } else if (byte === quote) inString = true;
      else if (byte === openBrace || byte === open) depth++;
      else if (byte === closeBrace || byte === close) {
        if (--depth === 0) {
          if (byte !== close) throw new SyntaxError("The JSON array ends with a brace.");
          cut = at;
          this.#ended = true;
          break;
        }
      } else if (byte === comma && depth === 1) cut = at;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return cut;
  }

  #parseKept(): unknown[] {
    const kept = this.#kept;
    this.#kept = [];
    if (kept.every((part) => part.every(isSpace))) {
      if (this.#ended && !this.#needsItem) return [];
      throw new SyntaxError("The JSON array has a comma without an item.");
    }
    this.#needsItem = !this.#ended;
    return parseItems(kept, this.#parse);
  }
}

function parseItems(parts: readonly Uint8Array[], parse: ParseJson): unknown[] {
  return parse(`[${decoder.decode(concatBytes(parts))}]`) as unknown[];
}

/** The last place where an object seems to end and a comma follows, or -1. */
function lastObjectEnd(chunk: Uint8Array, start: number): number {
  for (let at = chunk.length; (at = chunk.lastIndexOf(comma, at - 1)) > start;) {
    if (chunk[at - 1] === closeBrace && (at + 1 === chunk.length || chunk[at + 1] === openBrace)) {
      return at;
    }
  }
  return -1;
}

function checkBlank(chunk: Uint8Array, from: number): number {
  for (let at = from; at < chunk.length; at++) {
    if (!isSpace(chunk[at] ?? 0)) throw new SyntaxError("There is data after the JSON array.");
  }
  return chunk.length;
}
