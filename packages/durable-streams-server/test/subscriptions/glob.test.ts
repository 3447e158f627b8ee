import fc from "fast-check";
import { expect, test } from "vitest";
import { globMatches } from "../../src/subscriptions/glob.ts";

test.each([
  ["events/*", "events/a", true],
  ["events/*", "events/a/b", false],
  ["events/*", "events", false],
  ["events/**", "events", true],
  ["events/**", "events/a/b", true],
  ["**/b", "b", true],
  ["**/b", "a/a/b", true],
  ["a/**/b/*", "a/x/y/b/z", true],
  ["a/**/b/*", "a/b", false],
  ["a.c", "abc", false],
  ["*", "", true],
])("whether the pattern %s matches the path %j: %s", (pattern, path, matches) => {
  expect(globMatches(pattern, path)).toBe(matches);
});

test("a pattern matches the same paths as its regular expression", () => {
  const segments = fc.array(fc.constantFrom("a", "b", "*", "**"), { minLength: 1, maxLength: 5 });
  const paths = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 6 });
  const property = fc.property(segments, paths, (pattern, path) => {
    const parts = pattern.map((part) =>
      part === "**" ? "(?:[^/]+/)*" : `${part === "*" ? "[^/]+" : part}/`,
    );
    const expected = new RegExp(`^${parts.join("")}$`).test(`${path.join("/")}/`);
    expect(globMatches(pattern.join("/"), path.join("/"))).toBe(expected);
  });
  fc.assert(property, { numRuns: 2000 });
});

test("a pattern with many wildcards is matched in time", () => {
  const pattern = Array<string>(200).fill("**").join("/");
  expect(globMatches(`${pattern}/x`, Array<string>(200).fill("a").join("/"))).toBe(false);
});

test("a pattern of `**` is matched in time proportional to pattern and path", () => {
  const pattern = `${"**/".repeat(2000)}b`;
  expect(globMatches(pattern, "a/".repeat(10_000))).toBe(false);
});
