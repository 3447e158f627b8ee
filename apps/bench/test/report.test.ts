import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { reportFile, writeReport } from "../src/report.ts";
import { measureReact } from "../src/sse/browser.ts";

const area = `test-${process.pid}`;
const { argv } = process;
afterEach(() => {
  process.argv = argv;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(reportFile(area), { force: true });
});

test("a report is printed, and written only with --write", async () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await writeReport(area, "A title", "The body.");
  expect(printed).toHaveBeenCalledWith(expect.stringMatching(/^# A title\n[^]*\nThe body\.\n$/));
  expect(existsSync(reportFile(area))).toBe(false);
  process.argv = [...argv, "--write"];
  await writeReport(area, "A title", "The body.");
  expect(readFileSync(reportFile(area), "utf8")).toMatch(/\nThe body\.\n$/);
});

test("without Chromium the figures of the page are left out, and the run goes on", async () => {
  vi.stubEnv("CHROMIUM_PATH", "/nowhere/chromium");
  expect(await measureReact()).toBeUndefined();
});
