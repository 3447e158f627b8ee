import { InvalidOptionError } from "../errors.ts";

/**
 * A place in a stream: an offset of the server (opaque, sortable), `"-1"` for the start, `"now"` for
 * the tail, or a position of this package. A position is an offset and how much of the data that
 * starts there was already delivered: `"<offset>,<n>"` (n items) or `"<offset>,<n>b"` (n bytes). A
 * server's offset cannot contain a comma.
 */
export type Offset = string;

/** What an {@link Offset} with a comma counts. */
export type PositionUnit = "items" | "bytes";

export interface Position {
  /** The part before the comma, which requests name. */
  readonly offset: Offset;
  /** How many units after `offset` were already delivered. */
  readonly skip: number;
  readonly unit: PositionUnit;
}

export function parsePosition(text: string): Position {
  const match = /^([^,&=?/\s]+)(?:,(\d{1,15})(b?))?$/.exec(text);
  const offset = match?.[1];
  const skip = Number(match?.[2] ?? 0);
  if (!offset || (offset === "now" && skip > 0)) {
    throw new InvalidOptionError(
      `Invalid offset ${JSON.stringify(text)}: expected "-1", "now", or an offset or position of a response.`,
    );
  }
  return { offset, skip, unit: match[3] ? "bytes" : "items" };
}

export function formatPosition(offset: Offset, skip: number, unit: PositionUnit): Offset {
  if (skip === 0) return offset;
  return unit === "items" ? `${offset},${skip}` : `${offset},${skip}b`;
}
