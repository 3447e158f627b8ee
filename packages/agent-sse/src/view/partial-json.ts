/**
 * The value of JSON text that is not complete yet: what is open is closed, and what cannot be told yet (half a
 * key, a number that may go on) is left out. `undefined` before there is anything, and for text that is not JSON.
 */
export function partialJson(text: string): unknown {
  return parse(text) ?? parse(closed(text));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The longest start of the text that can be closed, closed. */
function closed(text: string): string {
  /** The brackets that close what is open. */
  let closers = "";
  /** The end of the last complete value, and what closed everything there. */
  let safe = { end: 0, closers: "" };
  let isKey = false;
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '"') {
      const { end, safeEnd } = stringFrom(text, at);
      if (end === undefined) {
        const value = `${text.slice(0, safeEnd)}"${closers}`;
        return isKey ? text.slice(0, safe.end) + safe.closers : value;
      }
      at = end;
      if (!isKey) safe = { end: at, closers };
      continue;
    }
    at++;
    if (character === "{" || character === "[") {
      closers = (character === "{" ? "}" : "]") + closers;
      safe = { end: at, closers };
    } else if (character === "}" || character === "]") {
      closers = closers.slice(1);
      safe = { end: at, closers };
    } else if (character === ",") {
      // What stood before it, a number or a word, is complete.
      safe = { end: at - 1, closers };
    }
    if (character === "{" || character === ",") isKey = closers.startsWith("}");
    else if (character === ":") isKey = false;
  }
  return text.slice(0, safe.end) + safe.closers;
}

/** Where a string ends, or how much of it can be kept: not half an escape. */
function stringFrom(text: string, start: number): { end?: number; safeEnd: number } {
  let at = start + 1;
  for (;;) {
    const character = text.charAt(at);
    if (character === "") return { safeEnd: at };
    if (character === '"') return { end: at + 1, safeEnd: at + 1 };
    const length = character !== "\\" ? 1 : text.charAt(at + 1) === "u" ? 6 : 2;
    if (at + length > text.length) return { safeEnd: at };
    at += length;
  }
}
