// CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320), sixteen bytes per step ("slicing by 16").
/* eslint-disable @typescript-eslint/no-non-null-assertion -- every index is masked to its table */

/** Computes a CRC-32, or continues one from `seed`. Unsigned; the CRC of no bytes is 0. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/**
 * Computes the same over a part of a view, without creating a view of the part. Seed and result are
 * signed 32-bit integers, which need no allocation and compare directly with `getInt32`.
 */
export type Crc32Range = (view: DataView, start: number, end: number, seed: number) => number;

// Table n (at n * 256) is the effect of a byte that n more bytes follow.
const tables: Int32Array = /* @__PURE__ */ createTables();

function createTables(): Int32Array {
  const all = new Int32Array(16 * 256);
  for (let index = 0; index < all.length; index++) {
    let crc = all[index - 256] ?? index;
    if (index < 256)
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
    else crc = (crc >>> 8) ^ all[crc & 0xff]!;
    all[index] = crc;
  }
  return all;
}

export const crc32Range: Crc32Range = (view, start, end, seed) => {
  const t = tables;
  let crc = ~seed;
  let at = start;
  for (const last = end - 16; at <= last; at += 16) {
    const a = crc ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    crc =
      t[0xf00 | (a & 0xff)]! ^
      t[0xe00 | ((a >>> 8) & 0xff)]! ^
      t[0xd00 | ((a >>> 16) & 0xff)]! ^
      t[0xc00 | (a >>> 24)]! ^
      t[0xb00 | (b & 0xff)]! ^
      t[0xa00 | ((b >>> 8) & 0xff)]! ^
      t[0x900 | ((b >>> 16) & 0xff)]! ^
      t[0x800 | (b >>> 24)]! ^
      t[0x700 | (c & 0xff)]! ^
      t[0x600 | ((c >>> 8) & 0xff)]! ^
      t[0x500 | ((c >>> 16) & 0xff)]! ^
      t[0x400 | (c >>> 24)]! ^
      t[0x300 | (d & 0xff)]! ^
      t[0x200 | ((d >>> 8) & 0xff)]! ^
      t[0x100 | ((d >>> 16) & 0xff)]! ^
      t[d >>> 24]!;
  }
  for (const last = end - 4; at <= last; at += 4) {
    const a = crc ^ view.getInt32(at, true);
    crc =
      t[0x300 | (a & 0xff)]! ^
      t[0x200 | ((a >>> 8) & 0xff)]! ^
      t[0x100 | ((a >>> 16) & 0xff)]! ^
      t[a >>> 24]!;
  }
  for (; at < end; at++) crc = t[(crc ^ view.getUint8(at)) & 0xff]! ^ (crc >>> 8);
  return ~crc;
};

export const crc32: Crc32 = (bytes, seed = 0) =>
  crc32Range(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    0,
    bytes.byteLength,
    seed | 0,
  ) >>> 0;
