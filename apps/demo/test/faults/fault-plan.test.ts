import fc from "fast-check";
import { expect, test } from "vitest";
import { planFaults } from "../../src/faults/fault-plan.ts";
import { seededRandom } from "../../src/faults/random.ts";

test("the same seed plans the same faults, and another seed plans others", () => {
  const plan = (seed: number) => planFaults(seededRandom(seed), 20, 10_000);
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
});

test("every plan has its cuts, one kill of the web server, and no fault before the first byte", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(200), fc.nat(1_000_000), (seed, cuts, expectedBytes) => {
      const faults = planFaults(seededRandom(seed), cuts, expectedBytes);
      expect(faults.filter(({ target }) => target === "connection")).toHaveLength(cuts);
      expect(faults.filter(({ target }) => target === "web server")).toHaveLength(1);
      for (const { afterBytes } of faults) expect(afterBytes).toBeGreaterThan(0);
    }),
  );
});
