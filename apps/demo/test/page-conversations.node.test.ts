import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeConverseEvent } from "@freshet/bedrock-adapter/testing";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  sendPrompt,
  expectNothingLost,
  isNetworkError,
  PageSite,
  riverPrompt,
  untilDone,
  untilText,
  pipelinePrompt,
  shownText,
} from "./support/page-site.ts";

let site: PageSite;
beforeAll(async () => {
  site = await PageSite.start("--pace", "250");
}, 120_000);
afterEach(() => site.closePages());
afterAll(() => site.stop());

async function fetchText(page: Page): Promise<string> {
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const response = await fetch(new URL(`/agents/${id}/transcript`, site.url));
  const events = (await response.json()) as { type: string; text?: string }[];
  return events.map(({ type, text = "" }) => (type === "token" ? text : "")).join("");
}

test("the page shows a conversation of two turns, with Markdown, a tool and thinking", async () => {
  const page = await site.open();
  await page.getByRole("button", { name: riverPrompt }).click();
  const counted = await untilDone(page);
  expectNothingLost(counted);
  expect(counted["reconnects"]).toBe("0");
  expect(await shownText(page)).toContain("The Elbe at Dresden stands at 412 cm");
  // Markdown, and a tool with what went in and out
  expect(await page.locator(".prose strong").first().innerText()).toBe("412 cm");
  const tool = page.getByRole("group", { name: "Tool river_level, done" });
  expect(await tool.innerText()).toMatch(/in\s+station\s+Dresden\s+out[^]*level_cm\s+412/);
  expect(await page.locator(".usage").innerText()).toMatch(/2 model calls · \d+ in, \d+ out/);
  // thinking is folded
  expect(await page.locator(".prose-thinking").count()).toBe(0);
  await page.getByText("Thought", { exact: true }).click();
  expect(await page.locator(".prose-thinking").innerText()).toContain("One call for Dresden");

  await sendPrompt(page, pipelinePrompt);
  expectNothingLost(await untilDone(page));
  expect(await page.locator(".prose table").count()).toBe(1);
  expect(await page.locator(".turn").count()).toBe(2);
}, 120_000);

test("pointing at a word selects its frame, its offset and its id", async () => {
  const page = await site.open();
  await sendPrompt(page, pipelinePrompt);
  await untilDone(page);
  await page.locator(".prose p strong", { hasText: "id" }).hover();
  const row = page.locator(".wire tbody.is-selected");
  await row.waitFor();
  expect(await row.locator(".event").innerText()).toContain("token");
  expect(await row.locator("td").first().innerText()).toBe("contentBlockDelta");
  expect(await row.locator(".mono").first().innerText()).toMatch(/^[0-9a-f]{8}$/);
  const note = await page.locator(".wire-note").innerText();
  const id = await row.locator(".mono").last().innerText();
  expect(note).toContain(id);
  // the same by keyboard
  await page.getByRole("region", { name: "Frames and events" }).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  expect(await row.count()).toBe(1);
  await page.keyboard.press("Escape");
  expect(await row.count()).toBe(0);
}, 120_000);

test("a page that is reloaded in the middle of an answer resumes it", async () => {
  const page = await site.open();
  await sendPrompt(page, riverPrompt);
  await untilText(page, 200);
  await page.reload();
  await untilText(page, 250);
  const counted = await untilDone(page);
  expectNothingLost(counted);
  const text = await fetchText(page);
  expect(text).toContain("just boots");
  expect((await shownText(page)).replace(/\s+/g, "")).toContain("panic,justboots.");
}, 120_000);

test("two tabs and another browser show the same conversation", async () => {
  const first = await site.open();
  await sendPrompt(first, riverPrompt);
  await untilText(first, 100);
  const { pathname } = new URL(first.url());
  const second = await first.context().newPage();
  await second.goto(first.url());
  const elsewhere = await site.open(pathname);
  await untilText(second, 300);
  for (const page of [first, second, elsewhere]) expectNothingLost(await untilDone(page));
  const shown = await shownText(first);
  expect(await shownText(second)).toBe(shown);
  expect(await shownText(elsewhere)).toBe(shown);
}, 120_000);

test("a stopped answer keeps its text, and the conversation continues", async () => {
  const page = await site.open();
  await sendPrompt(page, pipelinePrompt);
  await untilText(page, 60);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  expectNothingLost(await untilDone(page));
  expect(await shownText(page)).not.toContain("light up in the table");
  await page.getByRole("button", { name: "Ask again" }).click();
  await expect.poll(() => shownText(page), { timeout: 60_000 }).toContain("light up in the table");
  expectNothingLost(await untilDone(page));
}, 120_000);

test("a fork continues without a change of its parent", async () => {
  const page = await site.open();
  await sendPrompt(page, riverPrompt);
  await untilDone(page);
  await sendPrompt(page, pipelinePrompt);
  await untilDone(page);
  const parent = page.url();
  const before = await fetchText(page);
  // After a reload all events come in one response: their positions are counted, and can still be forked.
  await page.reload();
  await untilDone(page);
  await page.locator(".turn").first().getByRole("button", { name: "Fork from here" }).click();
  await page.waitForURL((url) => url.href !== parent);
  await page.getByText("412 cm", { exact: true }).first().waitFor();
  expect(await page.locator(".turn").count()).toBe(1);
  await sendPrompt(page, "What happens when a server dies in the middle?");
  expectNothingLost(await untilDone(page));
  expect(await shownText(page)).toContain("holds half an answer");
  await page.goto(parent);
  await untilDone(page);
  expect(await fetchText(page)).toBe(before);
  expect(await shownText(page)).not.toContain("holds half an answer");
}, 120_000);

test("Ask differently takes the prompt to a new conversation", async () => {
  const page = await site.open();
  await sendPrompt(page, riverPrompt);
  await untilDone(page);
  await page.getByRole("button", { name: "Ask differently" }).click();
  await page.waitForURL(site.url);
  expect(await page.locator("#prompt").inputValue()).toBe(riverPrompt);
}, 120_000);

test("an earlier conversation is replayed from any position, at any speed", async () => {
  const page = await site.open();
  await sendPrompt(page, riverPrompt);
  await untilDone(page);
  const { pathname } = new URL(page.url());
  await page.goto(new URL(`${pathname}/replay`, site.url).href);
  const slider = page.getByRole("slider", { name: "Position" });
  await slider.waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel("Speed").selectOption("16");
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Again" }).waitFor();
  expect(await shownText(page)).toContain("just boots");
  await slider.fill("30");
  await expect.poll(() => shownText(page)).not.toContain("just boots");
  expect(await page.locator(".wire tbody").count()).toBe(30);
}, 120_000);

test("a captured response is decoded and replayed in the browser", async () => {
  const folder = await mkdtemp(join(tmpdir(), "freshet-page-test-"));
  const text = (piece: string) =>
    encodeConverseEvent({
      type: "contentBlockDelta",
      contentBlockIndex: 0,
      delta: { text: piece },
    });
  const file = join(folder, "cut.bin");
  await writeFile(
    file,
    Buffer.concat([
      ...[text("It was "), text("captured "), text("<b onclick=alert(1)>with tags</b>")],
      text("!").subarray(0, 50),
    ]),
  );
  const page = await site.open();
  await page.getByLabel("Open a captured response").setInputFiles(file);
  await page.getByRole("button", { name: "Again" }).waitFor();
  expect(await shownText(page)).toContain("It was captured <b onclick=alert(1)>with tags</b>");
  expect(await page.locator(".failure").innerText()).toContain("Cut short.");
  expect(await page.locator(".wire .is-bad").innerText()).toContain("INCOMPLETE_STREAM");
  await rm(folder, { recursive: true });
  // and one that the demo itself has captured
  await page.locator(".past .entry", { hasText: "converse" }).first().click();
  await page.getByText("decoded in this browser").waitFor();
  await page.getByLabel("Speed").selectOption("16");
  await page.getByRole("button", { name: "Again" }).waitFor();
  expect((await shownText(page)).length).toBeGreaterThan(50);
}, 120_000);

test("the page reports an unknown conversation as missing", async () => {
  const page = await site.open("/c/00000000-0000-4000-8000-000000000000");
  expect(await page.getByRole("alert").innerText()).toContain("There is no such conversation.");
  await page.getByRole("button", { name: "Ask something new" }).click();
  await page.getByRole("heading", { name: "Ask something. Then break it." }).waitFor();
  const notes = site.consoleErrors.filter((message) => message.includes("404"));
  for (const note of notes) site.consoleErrors.splice(site.consoleErrors.indexOf(note), 1);
}, 120_000);

test("the page reports an unknown address", async () => {
  const page = await site.open("/nowhere");
  expect(await page.getByRole("alert").innerText()).toContain("There is nothing at this address");
  const notes = site.consoleErrors.filter((message) => message.includes("404"));
  for (const note of notes) site.consoleErrors.splice(site.consoleErrors.indexOf(note), 1);
}, 120_000);

test("a person who has scrolled away sees the answer to the next prompt", async () => {
  const page = await site.open();
  const pane = page.locator(".pane-scroll");
  await sendPrompt(page, pipelinePrompt);
  await untilDone(page);
  await pane.evaluate((element) => (element.scrollTop = 0));
  await sendPrompt(page, riverPrompt);
  await untilDone(page);
  const left = () =>
    pane.evaluate(({ scrollHeight, scrollTop, clientHeight }) => {
      return scrollHeight - scrollTop - clientHeight;
    });
  await expect.poll(left).toBeLessThan(60);
}, 120_000);

test("the page logs no error and requests nothing from another origin", async () => {
  const page = await site.open();
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await page.reload();
  await page.getByRole("button", { name: riverPrompt }).waitFor();
  expect([...origins]).toEqual([new URL(site.url).origin]);
  expect(site.consoleErrors.filter((message) => !isNetworkError(message))).toEqual([]);
  expect(site.consoleErrors).toEqual([]);
}, 120_000);
