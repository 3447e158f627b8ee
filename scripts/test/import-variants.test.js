import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { variantDifferences } from "../import-variants.js";

const packages = join(import.meta.dirname, "../../packages");

test.each(readdirSync(packages))(
  "%s: the variants behind each entry of its imports map export the same",
  (name) => expect(variantDifferences(join(packages, name))).toEqual([]),
);

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "variants-"));
  mkdirSync(join(folder, "src"));
  const imports = { "#clock": { node: "./dist/node.js", default: "./dist/other.js" } };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ imports }));
  const compilerOptions = { strict: true, types: [], lib: ["es2022"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
});
afterEach(() => rmSync(folder, { recursive: true }));

function differences(node, other) {
  writeFileSync(join(folder, "src/node.ts"), node);
  writeFileSync(join(folder, "src/other.ts"), other);
  return variantDifferences(folder).map((text) => text.replaceAll(join(folder, "src/"), ""));
}

test("equal variants pass, however they are written", () => {
  const shared = "export interface Clock { now(): number }\n";
  const node = `${shared}export const clock: Clock = { now: () => 1 };`;
  const other = `${shared}const c: Clock = { now: () => 2 };\nexport { c as clock };`;
  expect(differences(node, other)).toEqual([]);
});

test("a name that one variant lacks is a difference, a type too", () => {
  const node = "export const now = 1; export type A = string;";
  const other = "export const now = 1; export const later = 2;";
  expect(differences(node, other)).toEqual([
    "#clock: other.ts lacks A",
    "#clock: node.ts lacks later",
  ]);
});

test.each([
  [
    "a value that has another type",
    "export const now: () => number = () => 1;",
    "export const now: () => 1 = () => 1;",
  ],
  [
    "a parameter that has another type",
    "export function now(a: 1) {}",
    "export function now(a?: 1) {}",
  ],
  ["a type with other fields", "export interface Now { a: 1 }", "export interface Now { a?: 1 }"],
  [
    "a class in one variant and an interface in the other",
    "export class now {}",
    "export interface now {}",
  ],
])("%s is a difference", (_, node, other) => {
  expect(differences(node, other)).toEqual([
    expect.stringMatching(/^#clock: now has another type in other\.ts than in node\.ts$/i),
  ]);
});

test("a file that does not exist is an error", () => {
  writeFileSync(join(folder, "src/node.ts"), "export const now = 1;");
  expect(() => variantDifferences(folder)).toThrow("other.ts is not a module");
});
