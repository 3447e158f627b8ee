import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../docs/decisions");
const files = readdirSync(folder).filter((file) => file !== "README.md");

test.each(files)("docs/decisions/%s is titled by its number and listed in the index", (file) => {
  const [, number] = /^(\d{3})-[a-z\d-]+\.md$/.exec(file) ?? [];
  const [heading = ""] = readFileSync(join(folder, file), "utf8").split("\n");
  expect(heading).toMatch(new RegExp(`^# ${number} \\p{Lu}`, "u"));
  const index = readFileSync(join(folder, "README.md"), "utf8");
  expect(index.split("\n")).toContain(`- [${heading.slice(2)}](${file})`);
});

test("the index of docs/decisions lists only files that exist", () => {
  const index = readFileSync(join(folder, "README.md"), "utf8");
  const listed = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file);
  expect(listed.sort()).toEqual(files.sort());
});
