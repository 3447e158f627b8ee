/** Parses JSON text; see {@link parseExactly} and `JSON.parse`. */
export type ParseJson = (text: string) => unknown;

/** At most 16 digits are exact, and not even all of those. */
const longNumber = /\d{16}/;
/** A string, which may contain digits, or a number. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const longInteger = /^-?\d{16,}$/;

/**
 * Parses JSON, but leaves integers that a number cannot hold exactly as text: `"9007199254740993"`.
 * Without any it costs one search. Not by a reviver with the source text, which not every platform has.
 */
export const parseExactly: ParseJson = (text) => {
  const value = JSON.parse(text) as unknown; // throws before anything else looks at the text
  if (!longNumber.test(text)) return value;
  return JSON.parse(
    text.replace(token, (part) =>
      longInteger.test(part) && !Number.isSafeInteger(Number(part)) ? `"${part}"` : part,
    ),
  ) as unknown;
};
