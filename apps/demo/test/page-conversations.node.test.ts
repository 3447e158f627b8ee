import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeConverseEvent } from "@freshet/bedrock-adapter/testing";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  ask,
  expectNothingLost,
  isNetworkNote,
  PageSite,
  river,
  untilDone,
  untilText,
  way,
  words,
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

test("a conversation, from the question to the end and on", async () => {
  const page = await site.open();
  await page.getByRole("button", { name: river }).click();
  const counted = await untilDone(page);
  expectNothingLost(counted);
  expect(counted["reconnects"]).toBe("0");
  expect(await words(page)).toContain("The Elbe at Dresden stands at 412 cm");
  // Markdown, and a tool with what went in and out
  expect(await page.locator(".prose strong").first().innerText()).toBe("412 cm");
  const tool = page.getByRole("group", { name: "Tool river_level, done" });
  expect(await tool.innerText()).toMatch(/in\s+station\s+Dresden\s+out[^]*level_cm\s+412/);
  expect(await page.locator(".usage").innerText()).toMatch(/2 model calls · \d+ in, \d+ out/);
  // thinking is folded
  expect(await page.locator(".prose-thinking").count()).toBe(0);
  await page.getByText("Thought", { exact: true }).click();
  expect(await page.locator(".prose-thinking").innerText()).toContain("One call for Dresden");

  await ask(page, way);
  expectNothingLost(await untilDone(page));
  expect(await page.locator(".prose table").count()).toBe(1);
  expect(await page.locator(".turn").count()).toBe(2);
}, 120_000);

test("a word shows the frame, the offset and the id that it came with", async () => {
  const page = await site.open();
  await ask(page, way);
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

test("reloaded in the middle of an answer, it goes on where it was", async () => {
  const page = await site.open();
  await ask(page, river);
  await untilText(page, 200);
  await page.reload();
  await untilText(page, 250);
  const counted = await untilDone(page);
  expectNothingLost(counted);
  const text = await fetchText(page);
  expect(text).toContain("just boots");
  expect((await words(page)).replace(/\s+/g, "")).toContain("panic,justboots.");
}, 120_000);

test("two tabs and another browser show the same", async () => {
  const first = await site.open();
  await ask(first, river);
  await untilText(first, 100);
  const { pathname } = new URL(first.url());
  const second = await first.context().newPage();
  await second.goto(first.url());
  const elsewhere = await site.open(pathname);
  await untilText(second, 300);
  for (const page of [first, second, elsewhere]) expectNothingLost(await untilDone(page));
  const shown = await words(first);
  expect(await words(second)).toBe(shown);
  expect(await words(elsewhere)).toBe(shown);
}, 120_000);

test("stopped, it keeps what was said and goes on with the next question", async () => {
  const page = await site.open();
  await ask(page, way);
  await untilText(page, 60);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  expectNothingLost(await untilDone(page));
  expect(await words(page)).not.toContain("light up in the table");
  await page.getByRole("button", { name: "Ask again" }).click();
  await expect.poll(() => words(page), { timeout: 60_000 }).toContain("light up in the table");
  expectNothingLost(await untilDone(page));
}, 120_000);

test("a fork goes on without touching what it came from", async () => {
  const page = await site.open();
  await ask(page, river);
  await untilDone(page);
  await ask(page, way);
  await untilDone(page);
  const parent = page.url();
  const before = await fetchText(page);
  // Read anew, all of it in one answer: positions are counted then, and can be forked at all the same.
  await page.reload();
  await untilDone(page);
  await page.locator(".turn").first().getByRole("button", { name: "Fork from here" }).click();
  await page.waitForURL((url) => url.href !== parent);
  await page.getByText("412 cm", { exact: true }).first().waitFor();
  expect(await page.locator(".turn").count()).toBe(1);
  await ask(page, "What happens when a server dies in the middle?");
  expectNothingLost(await untilDone(page));
  expect(await words(page)).toContain("holds half an answer");
  await page.goto(parent);
  await untilDone(page);
  expect(await fetchText(page)).toBe(before);
  expect(await words(page)).not.toContain("holds half an answer");
}, 120_000);

test("a question is asked differently in a conversation of its own", async () => {
  const page = await site.open();
  await ask(page, river);
  await untilDone(page);
  await page.getByRole("button", { name: "Ask differently" }).click();
  await page.waitForURL(site.url);
  expect(await page.locator("#prompt").inputValue()).toBe(river);
}, 120_000);

test("an earlier conversation is played from any position, at any speed", async () => {
  const page = await site.open();
  await ask(page, river);
  await untilDone(page);
  const { pathname } = new URL(page.url());
  await page.goto(new URL(`${pathname}/replay`, site.url).href);
  const slider = page.getByRole("slider", { name: "Position" });
  await slider.waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel("Speed").selectOption("16");
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Again" }).waitFor();
  expect(await words(page)).toContain("just boots");
  await slider.fill("30");
  await expect.poll(() => words(page)).not.toContain("just boots");
  expect(await page.locator(".wire tbody").count()).toBe(30);
}, 120_000);

test("a captured response is decoded and played in the browser", async () => {
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
  expect(await words(page)).toContain("It was captured <b onclick=alert(1)>with tags</b>");
  expect(await page.locator(".failure").innerText()).toContain("Cut short.");
  expect(await page.locator(".wire .is-bad").innerText()).toContain("TRUNCATED");
  await rm(folder, { recursive: true });
  // and one that the demo itself has captured
  await page.locator(".past .entry", { hasText: "converse" }).first().click();
  await page.getByText("decoded in this browser").waitFor();
  await page.getByLabel("Speed").selectOption("16");
  await page.getByRole("button", { name: "Again" }).waitFor();
  expect((await words(page)).length).toBeGreaterThan(50);
}, 120_000);

test("a conversation that is not there is said to be missing", async () => {
  const page = await site.open("/c/00000000-0000-4000-8000-000000000000");
  expect(await page.getByRole("alert").innerText()).toContain("There is no such conversation.");
  await page.getByRole("button", { name: "Ask something new" }).click();
  await page.getByRole("heading", { name: "Ask something. Then break it." }).waitFor();
  const notes = site.complaints.filter((complaint) => complaint.includes("404"));
  for (const note of notes) site.complaints.splice(site.complaints.indexOf(note), 1);
}, 120_000);

test("an address that names nothing says so, on the page", async () => {
  const page = await site.open("/nowhere");
  expect(await page.getByRole("alert").innerText()).toContain("There is nothing here");
  const notes = site.complaints.filter((complaint) => complaint.includes("404"));
  for (const note of notes) site.complaints.splice(site.complaints.indexOf(note), 1);
}, 120_000);

test("who has scrolled away sees the answer to the next question all the same", async () => {
  const page = await site.open();
  const pane = page.locator(".pane-scroll");
  await ask(page, way);
  await untilDone(page);
  await pane.evaluate((element) => (element.scrollTop = 0));
  await ask(page, river);
  await untilDone(page);
  const left = () =>
    pane.evaluate(({ scrollHeight, scrollTop, clientHeight }) => {
      return scrollHeight - scrollTop - clientHeight;
    });
  await expect.poll(left).toBeLessThan(60);
}, 120_000);

test("nothing is complained about, and nothing comes from elsewhere", async () => {
  const page = await site.open();
  const origins = new Set<string>();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await page.reload();
  await page.getByRole("button", { name: river }).waitFor();
  expect([...origins]).toEqual([new URL(site.url).origin]);
  expect(site.complaints.filter((complaint) => !isNetworkNote(complaint))).toEqual([]);
  expect(site.complaints).toEqual([]);
}, 120_000);
