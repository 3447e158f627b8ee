import { afterEach, expect, test, vi } from "vitest";
import { DurableStream } from "../../src/index.ts";
import { LiveWatch } from "../../src/read/live-watch.ts";
import { freshUrl } from "../support/transports.ts";

function setHidden(isHidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(isHidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("a hidden page interrupts and waits until it is visible", async () => {
  let interrupts = 0;
  const watch = new LiveWatch(true, () => interrupts++);
  watch.start();
  setHidden(true);
  expect(interrupts).toBe(1);
  let isVisible = false;
  const waiting = watch.whenVisible(new AbortController().signal).then(() => (isVisible = true));
  await Promise.resolve();
  expect(isVisible).toBe(false);
  setHidden(false);
  await waiting;
  expect(interrupts).toBe(1);
  watch.stop();
});

test("with pauseWhenHidden no request is sent while the page is hidden, and no item is missed", async () => {
  const url = freshUrl();
  const handle = await DurableStream.create({ url, contentType: "application/json" });
  const urls: string[] = [];
  const counting: typeof fetch = (input, init) => {
    urls.push(new Request(input).url);
    return fetch(input, init);
  };
  const res = await handle.stream<number>({ pauseWhenHidden: true, fetch: counting });
  const items = res.iterJson();
  const first = items.next();
  await vi.waitUntil(() => urls.some((each) => each.includes("live=sse")));
  setHidden(true);
  await handle.append(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = urls.length;
  setHidden(false);
  expect((await first).value).toBe(1);
  expect(before).toBe(2);
  expect(urls.length).toBe(3);
  await items.return?.();
});
