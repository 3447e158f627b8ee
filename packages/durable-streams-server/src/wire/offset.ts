/**
 * Offsets on the wire: two fields of 16 digits, so that they sort as text. The first is zero (it is
 * where a server may number files, and the protocol's own suite writes the start that way), the
 * second the position in bytes.
 */

const PREFIX = "0000000000000000_";
const wellFormed = /^0{16}_\d{16}$/;

export function formatOffset(position: number): string {
  return PREFIX + String(position).padStart(16, "0");
}

/** The position of an offset this server gave out, or `undefined` if it cannot have been one. */
export function parseOffset(offset: string): number | undefined {
  if (!wellFormed.test(offset)) return undefined;
  const position = Number(offset.slice(PREFIX.length));
  return Number.isSafeInteger(position) ? position : undefined;
}
