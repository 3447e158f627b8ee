import { readdirSync } from "node:fs";

// `pnpm bench AREA [arguments]`: each area is a folder here whose main.ts does its work when imported.
const areas = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const area = process.argv[2];
if (area === undefined || !areas.includes(area)) {
  console.error(`usage: pnpm bench AREA, where AREA is one of: ${areas.join(", ")}`);
  process.exitCode = 2;
} else {
  await import(`./${area}/main.js`);
}
