import { expect, test } from "vitest";
import { addAsyncDispose } from "../../src/index.ts";

const { asyncDispose } = Symbol as unknown as { asyncDispose?: symbol };

test.runIf(asyncDispose)("disposing of an iterator is to return it", async () => {
  class Iterator {
    returned = 0;
    return(): Promise<string> {
      this.returned++;
      return Promise.resolve("not for `await using`");
    }
  }
  addAsyncDispose(Iterator.prototype);
  const iterator = new Iterator() as Iterator & Record<symbol, () => Promise<void>>;
  expect(await iterator[asyncDispose ?? Symbol()]?.()).toBeUndefined();
  expect(iterator.returned).toBe(1);
  expect(Object.keys(Iterator.prototype)).toEqual([]);
});
