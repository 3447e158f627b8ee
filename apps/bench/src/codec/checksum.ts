import { crc32 } from "node:zlib";
import { decodeMessage, MessageDecoder } from "@freshet/eventstream-codec";
import { crc32 as awsCrc32 } from "@freshet/eventstream-codec/aws-crypto";
import { compare, type Comparison } from "../harness.ts";

const passes = 10;

/**
 * Measures how close decoding large frames comes to its bound, zlib.crc32 over the same bytes and nothing
 * else. 1 would be a decoder without a cost of its own.
 */
export async function zlibShare(frames: readonly Uint8Array[]): Promise<number> {
  const { rows } = await compare<number>("share of zlib.crc32's speed", {
    contestants: [
      {
        name: "freshet, one frame per chunk",
        run: () => {
          const decoder = new MessageDecoder();
          let count = 0;
          for (let pass = 0; pass < passes; pass++) {
            for (const frame of frames) {
              decoder.push(frame);
              for (let message = decoder.read(); message; message = decoder.read()) count++;
            }
          }
          decoder.end();
          return count;
        },
      },
      {
        name: "zlib.crc32",
        run: () => {
          let count = 0;
          for (let pass = 0; pass < passes; pass++) {
            for (const frame of frames) if (crc32(frame) !== 0) count++;
          }
          return count;
        },
      },
    ],
    equal: (ours, theirs) => ours === theirs,
    rounds: 15,
  });
  return rows[1]?.ratio ?? Number.NaN;
}

/** Measures the cost of computing the checksums with @aws-crypto/crc32. */
export function awsCryptoCost(
  workload: string,
  frames: readonly Uint8Array[],
): Promise<Comparison> {
  const decodeAll = (options?: { crc32: typeof awsCrc32 }) => () => {
    let payloadBytes = 0;
    for (const frame of frames) payloadBytes += decodeMessage(frame, options).payload.byteLength;
    return payloadBytes;
  };
  return compare<number>(workload, {
    contestants: [
      { name: "default", run: decodeAll() },
      { name: "aws-crypto", run: decodeAll({ crc32: awsCrc32 }) },
    ],
    equal: (ours, theirs) => ours === theirs,
    units: frames.length,
  });
}
