import { expect, test } from "vitest";
import { Tally } from "../../src/protocol/tally.ts";

const token = (text: string) => ({ type: "token", text }) as const;

test("tallies of the same events in the same order have the same fingerprint", () => {
  const [one, other, swapped] = [new Tally(), new Tally(), new Tally()];
  for (const text of ["a", "b"]) {
    one.add(token(text));
    other.add(token(text), text);
  }
  for (const text of ["b", "a"]) swapped.add(token(text));
  expect(one.summary()).toEqual(other.summary());
  expect(swapped.summary().sha256).not.toBe(one.summary().sha256);
});

test("a tally counts an event with a known id as a duplicate", () => {
  const tally = new Tally();
  tally.add(token("a"), "1");
  tally.add(token("a"), "2");
  tally.add(token("a"), "1");
  expect(tally.summary()).toMatchObject({ events: 3, duplicates: 1 });
});
