import { InvalidOptionError } from "../errors.ts";

/**
 * A place in a stream: a token the server gave (opaque, sortable), `"-1"` for the start, `"now"` for
 * the tail, or a position of this package, which is an offset and how much of the data that starts
 * there was already given: `"<offset>,<n>"` (n items) or `"<offset>,<n>b"` (n bytes). A comma cannot
 * occur in a server's offset.
 */
export type Offset = string;

/** What a {@link Offset} with a comma counts. */
export type PositionUnit = "items" | "bytes";

export interface Position {
  /** The part before the comma: what the server is asked for. */
  readonly offset: Offset;
  /** How many units after `offset` were already given. */
  readonly skip: number;
  readonly unit: PositionUnit;
}

export function parsePosition(text: string): Position {
  const match = /^([^,&=?/\s]+)(?:,(\d{1,15})(b?))?$/.exec(text);
  const offset = match?.[1];
  const skip = Number(match?.[2] ?? 0);
  if (!offset || (offset === "now" && skip > 0)) {
    throw new InvalidOptionError(
      `offset ${JSON.stringify(text)} is not one: pass "-1", "now", or an offset or position that a response gave.`,
    );
  }
  return { offset, skip, unit: match[3] ? "bytes" : "items" };
}

export function formatPosition(offset: Offset, skip: number, unit: PositionUnit): Offset {
  if (skip === 0) return offset;
  return unit === "items" ? `${offset},${skip}` : `${offset},${skip}b`;
}
