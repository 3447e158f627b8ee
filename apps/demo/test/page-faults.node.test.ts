import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  sendPrompt,
  counters,
  expectNothingLost,
  isNetworkError,
  PageSite,
  reportOf,
  riverPrompt,
  untilDone,
  untilText,
  shownText,
} from "./support/page-site.ts";

let site: PageSite;
beforeAll(async () => {
  site = await PageSite.start("--pace", "60");
}, 120_000);
afterAll(() => site.stop());

// A fault that stayed on would make the next test fail.
afterEach(async () => {
  await site.closePages();
  for (const command of [
    { kind: "cut-every", bytes: 0 },
    { kind: "latency", ms: 0 },
  ]) {
    const body = JSON.stringify(command);
    await fetch(new URL("/faults", site.url), { method: "POST", body });
  }
});

function press(page: Page, name: string): Promise<void> {
  return page.locator(".break").getByRole("button", { name }).click();
}

/** Waits until the process runs for the `starts`-th time. */
async function untilRunning(name: string, starts: number): Promise<void> {
  const state = async () => {
    const response = await fetch(new URL("/status", site.url)).catch(() => undefined);
    if (!response?.ok) return undefined;
    const { services } = (await response.json()) as {
      services: { name: string; state: string; starts: number }[];
    };
    return services.find((one) => one.name === name);
  };
  await expect.poll(state, { timeout: 60_000 }).toMatchObject({ state: "up", starts });
}

test("a page whose connection is cut more than 50 times in one answer loses nothing", async () => {
  const page = await site.open();
  await page.getByLabel("Cut every").selectOption("1024");
  await sendPrompt(page, riverPrompt);
  const counted = await untilDone(page);
  expectNothingLost(counted);
  await page.getByLabel("Cut every").selectOption("0");
  expect(Number(counted["reconnects"])).toBeGreaterThanOrEqual(50);
  expect(await shownText(page)).toContain("just boots");
  expect(await reportOf(page, "This page lost its connection")).toContain("with no gap");
}, 120_000);

test("a page loses nothing when every server is killed during one answer", async () => {
  const page = await site.open();
  await sendPrompt(page, riverPrompt);
  await untilText(page, 40);
  await press(page, "Web server");
  await untilRunning("web", 2);
  await press(page, "Durable streams");
  await untilRunning("streams", 2);
  await press(page, "Worker");
  await page.getByText("Interrupted.").waitFor();
  expect(await reportOf(page, "The worker was killed")).toContain("It took epoch 2");
  await untilText(page, 300);
  await press(page, "Web server");
  await untilRunning("web", 3);
  expectNothingLost(await untilDone(page));
  expect(await reportOf(page, "The durable streams server was killed")).toContain("Started again");
  expect(await page.locator(".attempt").count()).toBe(2);
  expect(await shownText(page)).toContain("just boots");
}, 120_000);

test("a page with a slow connection receives everything, later", async () => {
  const page = await site.open();
  await page.getByLabel("Latency").selectOption("400");
  await sendPrompt(page, riverPrompt);
  expectNothingLost(await untilDone(page));
  await page.getByLabel("Latency").selectOption("0");
  expect(await reportOf(page, "delayed by 400 ms")).toContain("does not wait");
}, 120_000);

test.each([
  ["Throttle", "Throttled.", "Bedrock throttles the answer.", "THROTTLED"],
  ["Stall", "The model fell silent.", "Bedrock falls silent", "IDLE_TIMEOUT"],
  ["Wrong checksum", "A damaged frame.", "a wrong checksum", "INVALID_FRAME"],
  ["End early", "Cut short.", "Bedrock ends", "INCOMPLETE_STREAM"],
])(
  "the page shows an answer that Bedrock breaks by %s, with everything before it",
  async (button, title, what, code) => {
    const page = await site.open();
    await sendPrompt(page, riverPrompt);
    await untilText(page, 120);
    const before = await shownText(page);
    await press(page, button);
    await page.locator(".failure", { hasText: title }).waitFor();
    expectNothingLost(await untilDone(page));
    const after = await shownText(page);
    expect(after.replace(/\s+/g, " ")).toContain(before.replace(/\s+/g, " ").trim());
    expect(await reportOf(page, what)).toContain(code);
    const failed = page.locator(".wire tr.is-bad, .wire .event-error");
    expect(await failed.count()).toBeGreaterThan(0);
  },
  120_000,
);

test("a request that Bedrock throttles is retried, and the page shows no error", async () => {
  const page = await site.open();
  await press(page, "Throttle");
  await sendPrompt(page, riverPrompt);
  expectNothingLost(await untilDone(page));
  expect(await page.locator(".pane .failure").count()).toBe(0);
  expect(await reportOf(page, "Bedrock throttles")).toContain("the reader saw nothing of it");
}, 120_000);

test("a page whose connection is cut once resumes after its last event", async () => {
  const page = await site.open();
  await sendPrompt(page, riverPrompt);
  await untilText(page, 100);
  await press(page, "Cut now");
  expect(await reportOf(page, "A reader’s connection was cut")).toMatch(
    /read on after \S+, the id of its last event/,
  );
  expectNothingLost(await untilDone(page));
  expect((await counters(page))["reconnects"]).not.toBe("0");
}, 120_000);

test("the pages log no errors but those of the network", () => {
  expect(site.consoleErrors.filter((message) => !isNetworkError(message))).toEqual([]);
});
