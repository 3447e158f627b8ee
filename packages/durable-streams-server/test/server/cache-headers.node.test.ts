import { afterEach, expect, test } from "vitest";
import {
  createDurableStreams,
  memoryStore,
  type DurableStreams,
  type DurableStreamsOptions,
} from "../../src/index.ts";

let streams: DurableStreams;

afterEach(() => streams.close());

const credentials: Record<string, Record<string, string>> = {
  none: {},
  Authorization: { authorization: "Basic eDp5" },
  Cookie: { cookie: "session=1" },
  "an empty Cookie": { cookie: "" },
};
/** A page that is full, one that reaches the tail, a live one, and a page that a cache revalidates. */
const reads = ["?offset=-1", "?offset=TAIL", "?offset=-1&live=long-poll", "?offset=now"];

async function cacheControl(
  options: Partial<DurableStreamsOptions>,
  headers: Record<string, string>,
): Promise<{ cacheControl: string; vary: string | null }[]> {
  streams = createDurableStreams({ store: memoryStore(), pageBytes: 4, ...options });
  const send = (method: string, target: string, init: RequestInit = {}) =>
    streams.fetch(new Request(`http://localhost${target}`, { method, ...init }));
  const text = { "content-type": "text/plain" };
  await send("PUT", "/s", { headers: text, body: "1234" });
  const appended = await send("POST", "/s", { headers: text, body: "5678" });
  await send("POST", "/s", { headers: text, body: "90" });
  const tail = appended.headers.get("stream-next-offset") ?? "";
  const found: { cacheControl: string; vary: string | null }[] = [];
  for (const read of reads) {
    const target = `/s${read.replace("TAIL", tail)}`;
    const response = await send("GET", target, { headers });
    const etag = response.headers.get("etag");
    const again = etag
      ? await send("GET", target, { headers: { ...headers, "if-none-match": etag } })
      : response;
    expect(again.status).toBe(etag ? 304 : 200);
    for (const each of [response, again]) {
      found.push({
        cacheControl: each.headers.get("cache-control") ?? "",
        vary: each.headers.get("vary"),
      });
    }
  }
  return found;
}

test.each(Object.keys(credentials))(
  "what is read with credentials (%s) is private by default, and depends on them",
  async (name) => {
    for (const read of await cacheControl({}, credentials[name] ?? {})) {
      expect(read.cacheControl).toMatch(/^(private, (no-cache|max-age)|no-store)/);
      expect(read.vary).toBe("authorization, cookie");
    }
  },
);

test.each(Object.keys(credentials))(
  'with cache "public", credentials (%s) decide whether shared caches may keep a page',
  async (name) => {
    const scope = name === "none" ? /^(public, |no-store)/ : /^(private, |no-store)/;
    for (const options of [
      { cache: "public" },
      { cache: "public", authorize: () => true },
    ] as const) {
      const found = await cacheControl(options, credentials[name] ?? {});
      for (const read of found) {
        expect(read.cacheControl).toMatch(scope);
        expect(read.vary).toBe("authorization, cookie");
      }
      expect(found.filter((read) => read.cacheControl !== "no-store")).not.toEqual([]);
    }
  },
);
