/**
 * The checksum by `@aws-crypto/crc32`, for users whose policy requires AWS's own implementation. Pass it
 * as the option `crc32` of the decoder or encoder. It is many times slower than the default.
 *
 * @module
 */
import { Crc32 as AwsCrc32 } from "@aws-crypto/crc32";
import type { Crc32 } from "#crc32";

export type { Crc32 };

/**
 * CRC-32 by `@aws-crypto/crc32`, which must be installed next to this package.
 *
 * @example
 * ```ts
 * import { MessageDecoder } from "@freshet/eventstream-codec";
 * import { crc32 } from "@freshet/eventstream-codec/aws-crypto";
 *
 * const decoder = new MessageDecoder({ crc32 });
 * ```
 */
export const crc32: Crc32 = (bytes, seed = 0) =>
  new AwsCrc32().update(prefixFor(seed)).update(bytes).digest();

/**
 * AWS's implementation cannot continue from a checksum. But for every checksum there are four bytes
 * that have it, and continuing after those is the same.
 */
function prefixFor(seed: number): Uint8Array {
  let register = ~seed;
  // Backwards through the 32 steps of four bytes: the high bit shows whether the polynomial was added.
  for (let step = 0; step < 32; step++) {
    register = register < 0 ? ((register ^ 0xedb88320) << 1) | 1 : register << 1;
  }
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setInt32(0, ~register, true);
  return prefix;
}
