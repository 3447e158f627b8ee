import type { Mutation } from "../../store/mutation.ts";

/** The most data of a mutation that is not bulk, in bytes. */
const BULK_BYTES = 256 * 1024;

/** Whether a mutation stores so much data that others should not wait behind it. */
export function isBulk({ bytes = 0 }: Mutation<unknown>): boolean {
  return bytes > BULK_BYTES;
}
