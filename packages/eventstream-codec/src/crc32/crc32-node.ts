import {
  crc32 as portableCrc32,
  crc32Range as portableCrc32Range,
  type Crc32,
  type Crc32Range,
} from "./crc32-portable.ts";

export type { Crc32, Crc32Range };

// zlib is faster per byte, but a call into it takes as long as JavaScript needs for this many bytes.
const worthACall = 400;

let loaded: Crc32 | undefined;

/** Loads zlib for the first bytes that are worth a call, so that small frames never pay for it. */
function loadZlib(): Crc32 {
  return (loaded = process.getBuiltinModule("node:zlib").crc32);
}

export const crc32: Crc32 = (bytes, seed = 0) =>
  bytes.byteLength < worthACall ? portableCrc32(bytes, seed) : (loaded ?? loadZlib())(bytes, seed);

export const crc32Range: Crc32Range = (view, start, end, seed) =>
  end - start < worthACall
    ? portableCrc32Range(view, start, end, seed)
    : (loaded ?? loadZlib())(
        new Uint8Array(view.buffer, view.byteOffset + start, end - start),
        seed >>> 0,
      ) | 0;
