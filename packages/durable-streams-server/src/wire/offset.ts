/**
 * Offsets on the wire are two fields of 16 digits, so that they sort as text: the generation of the
 * stream, and the position in bytes. Generations rise, so an offset of a stream that was deleted is
 * never one of the stream that was made anew at its path.
 */

/** Where an offset points to. */
export interface StreamOffset {
  /** The stream that the position belongs to; `undefined` for the start of any stream. */
  readonly generation: number | undefined;
  readonly position: number;
}

const DIGITS = 16;
const wellFormed = /^\d{16}_\d{16}$/;

export function formatOffset({ generation, position }: StreamOffset): string {
  return `${digits(generation ?? 0)}_${digits(position)}`;
}

/** What an offset says, or `undefined` if this server cannot have given it out. */
export function parseOffset(offset: string): StreamOffset | undefined {
  if (!wellFormed.test(offset)) return undefined;
  const generation = Number(offset.slice(0, DIGITS));
  const position = Number(offset.slice(DIGITS + 1));
  if (!Number.isSafeInteger(generation) || !Number.isSafeInteger(position)) return undefined;
  if (generation > 0) return { generation, position };
  // The protocol's own suite writes the start of every stream with zeros.
  return position === 0 ? { generation: undefined, position } : undefined;
}

/** Whether the offset is one of the first versions of this server, which had no generation. */
export function isWithoutGeneration(offset: string): boolean {
  return wellFormed.test(offset) && /^0{16}_0*[1-9]/.test(offset);
}

function digits(value: number): string {
  return String(value).padStart(DIGITS, "0");
}
