/**
 * Offsets on the wire are two fields of 16 digits, so that they sort as text. The first is zero (other
 * servers number their files there, and the protocol's own suite writes the start that way), the
 * second is the position in bytes.
 */

const PREFIX = "0000000000000000_";
const wellFormed = /^0{16}_\d{16}$/;

export function formatOffset(position: number): string {
  return PREFIX + String(position).padStart(16, "0");
}

/** The position of an offset, or `undefined` if this server cannot have given the offset out. */
export function parseOffset(offset: string): number | undefined {
  if (!wellFormed.test(offset)) return undefined;
  const position = Number(offset.slice(PREFIX.length));
  return Number.isSafeInteger(position) ? position : undefined;
}
