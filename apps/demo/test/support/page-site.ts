import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

// The demo as a user runs it, and a real browser.

const main = join(import.meta.dirname, "../../dist/main.js");
const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const stepMs = 60_000;

/** A running demo and a browser with pages of it. */
export class PageSite {
  readonly url: string;
  readonly browser: Browser;
  /** The errors and warnings that the pages logged; tests that break nothing expect none. */
  readonly consoleErrors: string[] = [];
  readonly #demo: ChildProcess;

  private constructor(demo: ChildProcess, url: string, browser: Browser) {
    this.#demo = demo;
    this.url = url;
    this.browser = browser;
  }

  static async start(...args: string[]): Promise<PageSite> {
    if (!existsSync(executablePath)) {
      throw new Error(
        `There is no Chromium at ${executablePath}: install it ("apt-get install chromium") or set CHROMIUM_PATH.`,
      );
    }
    const demo = spawn(process.execPath, [main, "--no-run", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [url, browser] = await Promise.all([
      siteUrl(demo),
      chromium.launch({
        executablePath,
        args: [
          "--no-sandbox",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run",
          "--disable-quic",
        ],
      }),
    ]);
    return new PageSite(demo, url, browser);
  }

  async open(path: string = "", options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(stepMs);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.consoleErrors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.consoleErrors.push(message.text());
      }
    });
    await page.goto(new URL(path, this.url).href);
    return page;
  }

  /** Closes all pages, whose reading would disturb the next test. */
  async closePages(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
  }

  async stop(): Promise<void> {
    await this.browser.close();
    const ended = once(this.#demo, "exit");
    this.#demo.kill("SIGINT");
    await ended;
  }
}

function siteUrl(demo: ChildProcess): Promise<string> {
  let out = "";
  return new Promise((resolve, reject) => {
    demo.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const url = /served at (\S+) until/.exec(out)?.[1];
      if (url !== undefined) resolve(url);
    });
    demo.once("exit", () => reject(new Error(`The demo ended before it served its page: ${out}`)));
  });
}

/** Whether the browser itself logged a network failure, the only error that is allowed. */
export function isNetworkError(message: string): boolean {
  return message.startsWith("Failed to load resource: ");
}

export const riverPrompt = "How high is the Elbe at Dresden, and is it rising?";
export const pipelinePrompt = "How does a token get from Bedrock to this page?";

export async function sendPrompt(page: Page, prompt: string): Promise<void> {
  await page.locator("#prompt").fill(prompt);
  await page.locator("#prompt").press("Enter");
  await page.getByRole("heading", { name: prompt, level: 2 }).last().waitFor();
}

/** Waits until the newest answer has more than so many characters. */
export async function untilText(page: Page, length: number): Promise<void> {
  const texts = page.locator(".turn").last().locator(".prose:not(.prose-thinking)");
  await expect
    .poll(async () => (await texts.allInnerTexts()).join("").length, { timeout: stepMs })
    .toBeGreaterThan(length);
}

/** Waits until the newest turn has ended and is verified, and returns the counters. */
export async function untilDone(page: Page): Promise<Record<string, string>> {
  await page
    .locator(".turn")
    .last()
    .locator(".attempt")
    .last()
    .locator(".usage, .is-calm")
    .waitFor();
  await page.locator(".counter-match .is-good").waitFor();
  return counters(page);
}

export async function counters(page: Page): Promise<Record<string, string>> {
  const names = await page.locator(".counter dt").allInnerTexts();
  const values = await page.locator(".counter dd").allInnerTexts();
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

export function expectNothingLost(counted: Record<string, string>): void {
  expect(counted).toMatchObject({ lost: "0", repeated: "0", "SHA-256": "match" });
  expect(counted["read"]).toBe(counted["written"]);
  expect(Number(counted["read"])).toBeGreaterThan(0);
}

/** Returns the whole text of the conversation, in order. */
export async function shownText(page: Page): Promise<string> {
  return (await page.locator(".prose:not(.prose-thinking), .prompt-text").allInnerTexts()).join(
    "\n",
  );
}

/** Returns the newest line of the log with this text, once it also has the reaction. */
export async function reportOf(page: Page, fault: string): Promise<string> {
  const line = page.locator(".log li").filter({ hasText: fault }).first();
  await expect.poll(() => line.innerText(), { timeout: stepMs }).not.toMatch(/…$/);
  return line.innerText();
}
