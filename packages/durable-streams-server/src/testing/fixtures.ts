import { assert } from "./assert.ts";
import { delay } from "@freshet/core";
import type { AppendOutcome, AppendRequest, CreateRequest, Store } from "../store/store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function createText(
  store: Store,
  path: string,
  more: Partial<CreateRequest> = {},
): ReturnType<Store["create"]> {
  return store.create({ path, contentType: "text/plain", closed: false, ...more });
}

export function appendText(
  store: Store,
  path: string,
  text: string | undefined,
  more: Partial<AppendRequest> = {},
): Promise<AppendOutcome> {
  const content = text === undefined ? {} : { contentType: "text/plain", data: bytes(text) };
  return store.append({ path, close: false, ...content, ...more });
}

/** Reads a stream from a position to its tail, in pages, and checks every page. */
export async function readText(
  store: Store,
  path: string,
  from = 0,
  maxBytes: number = 1024 * 1024,
): Promise<string> {
  let position = from;
  let text = "";
  for (;;) {
    const page = await store.read({ path, position, maxBytes });
    assert.equal(page.status, "ok", `reading ${path} from ${position}`);
    const size = page.records.reduce((sum, { data }) => sum + data.byteLength, 0);
    assert.equal(page.start, position, "a page starts at the requested position");
    assert.equal(page.end, position + size, "positions count bytes");
    assert.equal(
      page.upToDate,
      page.end === page.stream.tail,
      "a page is up to date exactly at the tail",
    );
    assert.ok(page.upToDate || size > 0, "a page that is not the last one has data");
    assert.ok(page.records.length === 1 || size <= maxBytes, "a page is not larger than requested");
    for (const { data } of page.records) text += decoder.decode(data);
    position = page.end;
    if (page.upToDate) break;
  }
  return text;
}

/** Checks a condition again and again until it holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `waited 20 s for: ${what}`);
    await delay(20);
  }
}

export async function tailOf(store: Store, path: string): Promise<number> {
  const head = await store.head(path);
  return head.status === "ok" ? head.stream.tail : -1;
}
