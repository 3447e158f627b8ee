import { seededRandom } from "@freshet/test-support";
import { expect, test } from "vitest";
import { decodeMessage, EventStreamError } from "../src/index.ts";
import { makeCase, runCase } from "./support/mutation-fuzz.ts";

// `pnpm fuzz:codec` runs two million of them; FUZZ_SEED repeats a run.
const cases = Number(process.env["FUZZ_CASES"] ?? 20_000);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? 1);

/** All that a changed stream can end in: a fuzz that stops short of some would show less than it says. */
const reachable = [
  "HEADERS_LENGTH_INVALID",
  "HEADER_NAME_INVALID",
  "HEADER_TYPE_UNKNOWN",
  "HEADER_VALUE_INVALID",
  "MESSAGE_CHECKSUM_MISMATCH",
  "MESSAGE_LENGTH_INVALID",
  "MESSAGE_TOO_LARGE",
  "PRELUDE_CHECKSUM_MISMATCH",
  "INCOMPLETE_STREAM",
  "good",
];

test(`${cases} changed streams from seed ${firstSeed} give EventStreamErrors and nothing else`, () => {
  let heap = 0;
  const outcomes = new Set<string>();
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    const random = seededRandom(seed);
    const fuzzCase = makeCase(random);
    try {
      outcomes.add(runCase(fuzzCase, random));
      decodeAlone(fuzzCase.bytes);
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed} FUZZ_CASES=1 repeats this`, { cause: error });
    }
    if (seed % 10_000 === 0) heap = Math.max(heap, process.memoryUsage().arrayBuffers);
  }
  if (cases > 10_000) expect([...outcomes]).toEqual(expect.arrayContaining(reachable));
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
