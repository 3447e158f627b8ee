import { expect, test } from "vitest";
import { decodeMessage, EventStreamError } from "../src/index.ts";
import { makeCase, runCase, SeededRandom } from "./mutation-fuzz.ts";

// `pnpm fuzz:codec` runs two million of them; FUZZ_SEED repeats a run.
const cases = Number(process.env["FUZZ_CASES"] ?? 20_000);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? 1);

test(`${cases} changed streams from seed ${firstSeed} give EventStreamErrors and nothing else`, () => {
  let heap = 0;
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    const random = new SeededRandom(seed);
    const fuzzCase = makeCase(random);
    try {
      runCase(fuzzCase, random);
      decodeAlone(fuzzCase.bytes);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed} FUZZ_CASES=1 repeats this`, { cause: error });
    }
    if (seed % 10_000 === 0) heap = Math.max(heap, process.memoryUsage().arrayBuffers);
  }
  // Every case is a few hundred bytes. Claims of megabytes, had they been allocated, would show.
  expect(heap).toBeLessThan(256 * 1024 * 1024);
}, 1_800_000);

function decodeAlone(bytes: Uint8Array): void {
  try {
    decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof EventStreamError)) throw error;
  }
}
