import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkLinearizability } from "../../src/testing/linearizability.ts";
import type { Operation, SequentialModel } from "../../src/testing/sequential-model.ts";

type Input = { write: number } | "read";
type Register = Operation<Input, number>;

/** A number that is 0 until it is written. A write responds with 0. */
const register: SequentialModel<number, Input, number> = {
  initial: 0,
  isSame: (a, b) => a === b,
  isPure: (input) => input === "read",
  step(state, input, output) {
    if (input !== "read") return output === undefined || output === 0 ? input.write : undefined;
    return output === undefined || output === state ? state : undefined;
  },
};

const write = (value: number, invokedAt: number, at?: number): Register => ({
  input: { write: value },
  invokedAt,
  response: at === undefined ? undefined : { output: 0, at },
});
const read = (value: number, invokedAt: number, at: number): Register => ({
  input: "read",
  invokedAt,
  response: { output: value, at },
});

const verdictOn = (history: readonly Register[]) => checkLinearizability(register, history).kind;

describe("linearizable", () => {
  test.each<[string, Register[]]>([
    ["no operation at all", []],
    ["one after the other", [write(1, 1, 2), read(1, 3, 4), write(2, 5, 6), read(2, 7, 8)]],
    ["a read at the time of a write sees what was before", [write(1, 1, 4), read(0, 2, 3)]],
    ["a read at the time of a write sees what is written", [write(1, 1, 4), read(1, 2, 3)]],
    [
      "two writes at the same time, in either order",
      [write(1, 1, 3), write(2, 2, 4), read(1, 5, 6)],
    ],
    ["an unknown write that is seen later", [write(1, 1), read(0, 2, 3), read(1, 4, 5)]],
    ["an unknown write that is never seen", [write(1, 1), read(0, 2, 3), read(0, 4, 5)]],
    ["an unknown write between two others", [write(1, 1), write(2, 2, 3), read(1, 4, 5)]],
  ])("%s", (_, history) => {
    expect(verdictOn(history)).toBe("linearizable");
  });
});

describe("not linearizable", () => {
  test.each<[string, Register[]]>([
    ["a read of what was never written", [read(1, 1, 2)]],
    ["a read of what was written over before", [write(1, 1, 2), write(2, 3, 4), read(1, 5, 6)]],
    ["a read of what is written later", [read(1, 1, 2), write(1, 3, 4)]],
    ["a value that was seen and is gone again", [write(1, 1, 6), read(1, 2, 3), read(0, 4, 5)]],
    ["an unknown write that is seen before it was sent", [read(1, 1, 2), write(1, 3)]],
    [
      "an unknown write that takes effect twice",
      [write(1, 1), read(1, 2, 3), write(2, 4, 5), read(2, 6, 7), read(1, 8, 9)],
    ],
    [
      "two readers that see two writes in different orders",
      [write(1, 1, 12), write(2, 2, 13), read(1, 3, 4), read(2, 5, 6), read(1, 7, 8)],
    ],
  ])("%s", (_, history) => {
    expect(verdictOn(history)).toBe("impossible");
  });
});

test("the verdict names the longest order and the operation that cannot follow", () => {
  const history = [write(1, 1, 2), read(1, 3, 4), read(0, 5, 6)];
  const verdict = checkLinearizability(register, history);
  expect(verdict).toEqual({ kind: "impossible", order: [0, 1], state: 1, blocked: 2 });
});

test("a search that is too long is given up", () => {
  const writes = Array.from({ length: 12 }, (_, n) => write(n + 1, n + 1, 100 + n));
  expect(checkLinearizability(register, [...writes, read(0, 200, 201)], 50).kind).toBe("undecided");
});

/** Every order of every choice of the operations that may have happened. */
function isLinearizable(history: readonly Register[], state = 0): boolean {
  const known = history.filter(({ response }) => response);
  if (known.length === 0) return true;
  const firstReturn = Math.min(...known.map(({ response }) => response?.at ?? Infinity));
  return history.some((operation) => {
    if (operation.invokedAt > firstReturn) return false;
    const next = register.step(state, operation.input, operation.response?.output);
    const rest = history.filter((each) => each !== operation);
    return next !== undefined && isLinearizable(rest, next);
  });
}

test("finds what trying every order finds", () => {
  const operation = fc.record({
    input: fc.oneof(
      fc.record({ write: fc.integer({ min: 1, max: 2 }) }),
      fc.constant("read" as const),
    ),
    output: fc.integer({ min: 0, max: 2 }),
    length: fc.integer({ min: 1, max: 5 }),
    isKnown: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  });
  const counts = { linearizable: 0, impossible: 0, undecided: 0 };
  const property = fc.property(
    fc.array(operation, { minLength: 1, maxLength: 7 }),
    (operations) => {
      const history = operations.map(({ input, output, length, isKnown }, index): Register => {
        // No two events share a moment.
        const at = (index + length) * 10 + index + 1.5;
        const response = { output: input === "read" ? output : 0, at };
        return { input, invokedAt: index * 10, response: isKnown ? response : undefined };
      });
      const { kind } = checkLinearizability(register, history);
      counts[kind]++;
      expect(kind).toBe(isLinearizable(history) ? "linearizable" : "impossible");
    },
  );
  fc.assert(property, { numRuns: 3000 });
  expect(Math.min(counts.linearizable, counts.impossible)).toBeGreaterThan(300);
});
