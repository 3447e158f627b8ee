import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, test } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { storeTests } from "../../src/testing/index.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("memory store", () => {
  const tests = storeTests(() =>
    Promise.resolve({
      open: () => memoryStore(),
      isDurable: false,
      usedBytes: () => {
        collectGarbage();
        return Promise.resolve(process.memoryUsage().arrayBuffers);
      },
      remove: () => Promise.resolve(),
    }),
  );
  for (const { name, run } of tests) test(name, run);
});
