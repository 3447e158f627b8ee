import { expect, test } from "vitest";
import { checkPackage, maxArrows } from "../architecture/check-package.js";
import { readRoomOrder } from "../architecture/room-order.js";

const manifest = {
  name: "@freshet/sample",
  exports: {
    ".": { default: "./dist/index.js" },
    "./extra": { default: "./dist/extra.js" },
    "./package.json": "./package.json",
  },
  imports: { "#clock": { node: "./dist/low/clock-node.js", default: "./dist/low/clock.js" } },
  bin: { sample: "./dist/cli/main.js" },
};

/** What is found in sources given as what each file imports. */
function check(imports, order) {
  const text = (names) => names.map((name) => `import type { X } from "${name}";`).join("\n");
  const files = Object.entries(imports).map(([file, names]) => [file, text(names)]);
  return checkPackage({ manifest, files: new Map(files) }, order);
}

test("the order of rooms is the list under a package's heading, up to the next heading", () => {
  const markdown = `## Packages
- \`not/\`: of a package
### @freshet/sample
Text.
- \`high/\`: what it
  holds, with \`code\`
- \`error.ts\`: the error
### @freshet/other
- \`only/\`: one
## Rules
- \`rule\`: none of theirs`;
  expect([...readRoomOrder(markdown)]).toEqual([
    ["@freshet/sample", ["high/", "error.ts"]],
    ["@freshet/other", ["only/"]],
  ]);
});

test("arrows that run down pass, counted once per pair; public entries are no rooms", () => {
  const sources = {
    "index.ts": ["./high/a.ts", "./low/b.ts"],
    "extra.ts": ["./high/a.ts"],
    "high/a.ts": ["./c.ts", "../low/b.ts", "../error.ts", "node:fs"],
    "high/c.ts": ["../low/b.ts"],
    "low/b.ts": ["../error.ts"],
    "error.ts": [],
  };
  expect(check(sources, ["high/", "low/", "error.ts"])).toEqual({
    rooms: ["high/", "low/", "error.ts"],
    arrows: ["high/ -> error.ts", "high/ -> low/", "low/ -> error.ts"],
    problems: [],
  });
});

test("an arrow against the order is upward", () => {
  const sources = { "high/a.ts": [], "low/b.ts": ["../high/a.ts"] };
  expect(check(sources, ["high/", "low/"]).problems).toEqual([
    "upward: low/ -> high/ (src/low/b.ts imports src/high/a.ts)",
  ]);
});

test("an import of a public entry is upward, also by the package's own name", () => {
  const sources = {
    "index.ts": [],
    "extra.ts": [],
    "low/b.ts": ["../extra.ts"],
    "low/c.ts": ["@freshet/sample/extra"],
  };
  expect(check(sources, ["low/"]).problems).toEqual([
    "upward: low/ -> extra.ts (src/low/b.ts imports src/extra.ts)",
    "upward: low/ -> index.ts (src/low/c.ts imports src/index.ts)",
  ]);
});

test("every variant behind an entry of the imports map is an arrow", () => {
  const sources = { "high/a.ts": ["#clock"], "low/clock.ts": [], "low/clock-node.ts": [] };
  expect(check(sources, ["low/", "high/"]).problems).toEqual([
    "upward: high/ -> low/ (src/high/a.ts imports src/low/clock-node.ts)",
  ]);
});

test("a cycle of files is found, also inside one room", () => {
  const sources = { "low/a.ts": ["./b.ts"], "low/b.ts": ["./c.ts"], "low/c.ts": ["./b.ts"] };
  expect(check(sources, ["low/"]).problems).toEqual([
    "file cycle: low/b.ts -> low/c.ts -> low/b.ts",
  ]);
});

test("a room that is not listed, a listed one that is none and a missing section are problems", () => {
  const sources = { "low/a.ts": [] };
  expect(check(sources, ["high/"]).problems).toEqual([
    "docs/architecture.md does not list low/",
    "docs/architecture.md lists high/, which src/ does not have",
  ]);
  expect(check(sources, undefined).problems).toEqual([
    "docs/architecture.md has no section for it",
  ]);
});

test("more arrows than the limit are a problem, as many are not", () => {
  const rooms = Array.from({ length: maxArrows + 1 }, (_, n) => `room${n}.ts`);
  const sources = (count) => ({
    ...Object.fromEntries(rooms.map((room) => [room, []])),
    "top/a.ts": rooms.slice(0, count).map((room) => `../${room}`),
  });
  expect(check(sources(maxArrows), ["top/", ...rooms]).problems).toEqual([]);
  expect(check(sources(maxArrows + 1), ["top/", ...rooms]).problems).toEqual([
    "31 arrows; at most 30",
  ]);
});

test("an import of a file that does not exist is an error", () => {
  expect(() => check({ "low/a.ts": ["./gone.ts"] }, ["low/"])).toThrow(
    "@freshet/sample: src/low/a.ts imports src/low/gone.ts: no such file",
  );
});
