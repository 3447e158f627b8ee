import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { sendPrompt, PageSite, riverPrompt, untilDone, untilText } from "./support/page-site.ts";

// The page's layout and accessibility. With FRESHET_SCREENSHOTS=1 the states are also written to
// docs/screenshots.

const folder = join(import.meta.dirname, "../../../docs/screenshots");
const writesScreenshots = process.env["FRESHET_SCREENSHOTS"] === "1";
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let axe = "";
let site: PageSite;

beforeAll(async () => {
  axe = await readFile(axePath, "utf8");
  if (writesScreenshots) await mkdir(folder, { recursive: true });
  site = await PageSite.start("--pace", "250");
}, 120_000);
afterEach(() => site.closePages());
afterAll(() => site.stop());

interface Violation {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/** Runs axe by the debugger, because the page's own policy refuses foreign scripts. */
async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: Violation[] }> };
    };
    return (await engine.run()).violations;
  });
  const found = violations.map(({ id, nodes }) => [
    id,
    nodes.map(({ target, failureSummary }) => [target, failureSummary]),
  ]);
  expect(JSON.stringify(found, null, 1)).toBe("[]");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
}

async function look(page: Page, name: string): Promise<void> {
  await expectAccessible(page);
  if (!writesScreenshots) return;
  await page.screenshot({ path: join(folder, `${name}.png`) });
  expect(existsSync(join(folder, `${name}.png`))).toBe(true);
}

const sizes = {
  1440: { width: 1440, height: 900 },
  375: { width: 375, height: 800 },
} as const;

test.each(["light", "dark"] as const)(
  "the page in %s colours is accessible in every state, at both widths",
  async (colorScheme) => {
    const page = await site.open("", { colorScheme, viewport: sizes[1440] });
    await page.getByRole("button", { name: riverPrompt }).waitFor();
    await look(page, `new-1440-${colorScheme}`);
    await page.setViewportSize(sizes[375]);
    await look(page, `new-375-${colorScheme}`);
    await page.setViewportSize(sizes[1440]);

    await sendPrompt(page, riverPrompt);
    await untilText(page, 80);
    await page.getByRole("button", { name: "Cut now" }).click();
    await page.locator(".break").getByRole("button", { name: "Worker" }).click();
    await page.getByText("Interrupted.").waitFor();
    await untilText(page, 260);
    await look(page, `broken-1440-${colorScheme}`);
    await untilDone(page);
    await page.locator(".prose li").last().hover();
    await page.locator(".wire-note").waitFor();
    await look(page, `word-1440-${colorScheme}`);

    await page.mouse.move(0, 0);
    await page.setViewportSize(sizes[375]);
    await look(page, `talk-375-${colorScheme}`);
    for (const [tab, name] of [
      ["Wire", "wire"],
      ["Break it", "break"],
      ["Past", "past"],
    ] as const) {
      await page.getByRole("button", { name: tab, exact: true }).click();
      await look(page, `${name}-375-${colorScheme}`);
    }
    await page.setViewportSize(sizes[1440]);
    await page
      .getByRole("link", { name: `Replay: ${riverPrompt}` })
      .first()
      .click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("slider").fill("60");
    await look(page, `replay-1440-${colorScheme}`);
    await page.context().close();
  },
  120_000,
);

test("every control of the page can be reached by keyboard, with a visible focus", async () => {
  const page = await site.open();
  await page.getByRole("button", { name: riverPrompt }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("prompt");
  await page.keyboard.type("Is it rising?");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Is it rising?", level: 2 }).waitFor();
  await untilDone(page);
  const names = new Set<string>();
  await page.evaluate(() => document.querySelector<HTMLElement>("a")?.focus());
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const { outlineStyle } = getComputedStyle(element.closest(".file") ?? element);
      return {
        name: element.getAttribute("aria-label") ?? element.textContent.trim(),
        isSeen: outlineStyle !== "none",
      };
    });
    if (!seen) continue;
    names.add(seen.name);
    expect(seen).toMatchObject({ isSeen: true });
  }
  const all = [...names].join("\n");
  for (const part of [
    "New conversation",
    "Fork from here",
    "Cut now",
    "Throttle",
    "Frames and events",
  ]) {
    expect(all).toContain(part);
  }
}, 120_000);

test("the page announces sentences to a screen reader, not tokens", async () => {
  const page = await site.open();
  await page.getByRole("button", { name: riverPrompt }).waitFor();
  await sendPrompt(page, riverPrompt);
  const status = page.locator("p[role=status]");
  await status.waitFor({ state: "attached" });
  await page.evaluate(() => {
    const announced: string[] = [];
    Object.assign(globalThis, { announced });
    const region = document.querySelector("p[role=status]");
    if (!region) return;
    new MutationObserver(() => announced.push(region.textContent)).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await untilDone(page);
  const announced = await page.evaluate(
    () => (globalThis as unknown as { announced: string[] }).announced,
  );
  expect(announced.at(-1)).toBe("The answer is complete.");
  expect(announced.length).toBeLessThan(12);
  expect(await page.locator("[aria-live=assertive], [role=alert]").count()).toBe(0);
}, 120_000);

test.each([
  ["no-preference", 1],
  ["reduce", 0],
] as const)(
  "with prefers-reduced-motion: %s the page runs %i animations",
  async (reducedMotion, count) => {
    const page = await site.open("", { reducedMotion });
    await sendPrompt(page, riverPrompt);
    await page.locator(".is-live").waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(count);
  },
);
