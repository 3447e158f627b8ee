import { crc32 } from "node:zlib";
import { MessageDecoder } from "@freshet/eventstream-codec";
import { compare } from "../harness.ts";

/**
 * How near decoding large frames comes to what bounds it: zlib.crc32 over the same bytes, and nothing
 * else. 1 would be a decoder that costs nothing.
 */
export async function zlibShare(frames: readonly Uint8Array[]): Promise<number> {
  const { rows } = await compare<number>("share of zlib.crc32's speed", {
    contestants: [
      {
        name: "freshet, frames as they come",
        run: () => {
          const decoder = new MessageDecoder();
          let count = 0;
          for (const frame of frames) {
            decoder.push(frame);
            for (let message = decoder.read(); message; message = decoder.read()) count++;
          }
          decoder.end();
          return count;
        },
      },
      {
        name: "zlib.crc32",
        run: () => frames.filter((frame) => crc32(frame) !== 0).length,
      },
    ],
    equal: (ours, theirs) => ours === theirs,
    rounds: 31,
    warmUps: 5,
  });
  return rows[1]?.ratio ?? Number.NaN;
}
