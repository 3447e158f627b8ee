import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  connectAgentStream,
  type ConnectAgentStreamOptions,
} from "../../src/index.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const retry = { initialDelayMs: 1, maxRetries: 2 };
const all = (url: string, options?: ConnectAgentStreamOptions) => async () => {
  const events: unknown[] = [];
  for await (const { event } of connectAgentStream(url, { retry, ...options })) events.push(event);
  return events;
};
const ended = () => agentStreamResponse([agentEvent.done()]);

describe("a failure that can never pass is reported by the first request", () => {
  test.each([
    ["http://user:hunter22@example.com/events", "INVALID_OPTION"],
    ["https://token-hunter22@example.com/events", "INVALID_OPTION"],
    ["http://user:hunter22@:99999", "INVALID_OPTION"],
    ["http://127.0.0.1:6667/events?token=hunter22", "REQUEST_REFUSED"],
    ["htp://example.com/events?token=hunter22", "REQUEST_REFUSED"],
  ])("of %s", async (url, code) => {
    const error: unknown = await Promise.resolve()
      .then(all(url))
      .catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter22");
  });

  test.each([
    ["a value with a line end", { authorization: "Bearer hunter22\nx: y" }],
    ["a value beyond Latin-1", { authorization: "hunter22 €" }],
    ["a function that makes one", { authorization: () => "hunter22\r\nx: y" }],
  ])("of a header with %s, without showing it", async (_, headers) => {
    const fetch = vi.fn();
    const error: unknown = await all("https://example.com", { headers, fetch })().catch(
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ code: "INVALID_OPTION", retryable: false });
    expect(String(error)).toContain('"authorization"');
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter22");
    expect(fetch).not.toHaveBeenCalled();
  });

  test("but a failure of the network is tried again", async () => {
    const fetch = vi.fn(() => Promise.reject(new TypeError("fetch failed")));
    vi.stubGlobal("fetch", fetch);
    await expect(all("https://example.com")()).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
    expect(fetch).toHaveBeenCalledTimes(3);
  });
});

test("an option that the runtime does not know is left out", async () => {
  vi.resetModules();
  const { Request: Original } = globalThis;
  class OldRequest extends Original {
    constructor(input: string, init?: RequestInit) {
      if (init?.cache) throw new TypeError("The 'cache' field is not implemented.");
      super(input, init);
    }
  }
  const inits: (RequestInit | undefined)[] = [];
  vi.stubGlobal("Request", OldRequest);
  vi.stubGlobal("fetch", (_: unknown, init?: RequestInit) => {
    inits.push(init);
    return Promise.resolve(ended());
  });
  const fresh = await import("../../src/client/connect-agent-stream.ts");
  for await (const { event } of fresh.connectAgentStream("https://example.com")) {
    expect(event.type).toBe("done");
  }
  expect(inits).toHaveLength(1);
  expect(inits[0]).not.toHaveProperty("cache");
});

describe("a redirect to another origin", () => {
  const run = async (options: ConnectAgentStreamOptions) => {
    const sent: [string, Record<string, string>][] = [];
    await all("https://one.example/events", {
      headers: { authorization: "Bearer a", "x-api-key": "b", "x-trace": "c" },
      lastEventId: "7",
      fetch: (url, init) => {
        sent.push([String(url), Object.fromEntries(new Headers(init?.headers))]);
        const location = "https://two.example/events";
        const isFirst = sent.length === 1;
        const moved = new Response(null, { status: 307, headers: { location } });
        return Promise.resolve(isFirst ? moved : ended());
      },
      ...options,
    })();
    return sent.at(-1);
  };

  test("takes along no header but those of the protocol", async () => {
    expect(await run({})).toEqual([
      "https://two.example/events",
      { accept: "text/event-stream", "last-event-id": "7" },
    ]);
  });

  test("takes along those that redirectHeaders names", async () => {
    const [, headers] = (await run({ redirectHeaders: ["X-Trace"] })) ?? [];
    expect(Object.keys(headers ?? {}).sort()).toEqual(["accept", "last-event-id", "x-trace"]);
  });

  test("that leads nowhere is final", async () => {
    const fetch = vi.fn(() => Promise.resolve(new Response(null, { status: 302 })));
    await expect(all("https://one.example", { fetch })()).rejects.toMatchObject({
      code: "REQUEST_REFUSED",
    });
    expect(fetch).toHaveBeenCalledOnce();
  });
});

describe("lastEventIdParam", () => {
  test.each([
    ["https://example.com/e", "https://example.com/e?after=a%20%26b"],
    ["https://example.com/e?x=1", "https://example.com/e?x=1&after=a%20%26b"],
    ["https://example.com/e#part", "https://example.com/e?after=a%20%26b#part"],
  ])("puts the id into %s instead of a header", async (url, expected) => {
    const fetch = vi.fn((_url: string | URL, _init?: RequestInit) => Promise.resolve(ended()));
    await all(url, { fetch, lastEventIdParam: "after", lastEventId: "a &b" })();
    expect(fetch.mock.calls[0]?.[0]).toBe(expected);
    expect(new Headers(fetch.mock.calls[0]?.[1]?.headers).has("last-event-id")).toBe(false);
  });
});

/** A page of `https://page.example`, as far as the client looks at one. */
function stubPage() {
  const document = Object.assign(new EventTarget(), {
    hidden: false,
    baseURI: "https://page.example/base/",
  });
  vi.stubGlobal("document", document);
  vi.stubGlobal("location", { href: "https://page.example/x/y", origin: "https://page.example" });
  return document;
}

test("a relative URL is resolved against the base of the page", async () => {
  stubPage();
  const fetch = vi.fn((_url: string | URL) => Promise.resolve(ended()));
  vi.stubGlobal("fetch", fetch);
  await all("events")();
  expect(fetch.mock.calls[0]?.[0]).toBe("https://page.example/base/events");
});

describe("a page whose requests to another origin fail", () => {
  let isServerUp = true;
  let probes = 0;
  const allowsHeader = { value: false };
  beforeEach(() => {
    stubPage();
    isServerUp = true;
    probes = 0;
    allowsHeader.value = false;
    vi.stubGlobal("fetch", (_: unknown, init: RequestInit = {}) => {
      const refused = Promise.reject(new TypeError("Failed to fetch"));
      refused.catch(() => undefined);
      if (init.mode === "no-cors") {
        probes++;
        return isServerUp ? Promise.resolve(Response.error()) : refused;
      }
      const needsPreflight = new Headers(init.headers).has("last-event-id");
      if (!isServerUp || (needsPreflight && !allowsHeader.value)) return refused;
      return Promise.resolve(
        agentStreamResponse([{ event: agentEvent.token("a"), id: needsPreflight ? "2" : "1" }]),
      );
    });
  });

  test("only with Last-Event-ID learns that CORS refuses it", async () => {
    await expect(
      all("https://api.example/events", { retry: { initialDelayMs: 1 } })(),
    ).rejects.toMatchObject({
      code: "REQUEST_REFUSED",
      lastEventId: "1",
      message: expect.stringContaining("lastEventIdParam") as string,
    });
  });

  test("because the server is away tries again", async () => {
    isServerUp = false;
    await expect(
      all("https://api.example/events", { retry, lastEventId: "1" })(),
    ).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
    expect(probes).toBe(3);
  });

  test("after one with Last-Event-ID has succeeded tries again", async () => {
    allowsHeader.value = true;
    const events = connectAgentStream("https://api.example/events", { retry, lastEventId: "1" });
    await events.next();
    isServerUp = false;
    await expect(events.next()).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED" });
    expect(probes).toBe(0);
  });
});

test("a connection that died while the computer slept is noticed when the page is shown", async () => {
  const document = stubPage();
  vi.useFakeTimers({ toFake: ["Date"] });
  let requests = 0;
  const open = () => {
    requests++;
    if (requests > 1) return Promise.resolve(ended());
    return Promise.resolve(
      new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } }),
    );
  };
  const reading = all("https://page.example/events", { fetch: open, idleTimeoutMs: 60_000 })();
  await vi.waitFor(() => expect(requests).toBe(1));
  document.dispatchEvent(new Event("visibilitychange"));
  expect(requests).toBe(1);
  vi.setSystemTime(Date.now() + 3_600_000);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(await reading).toMatchObject([{ type: "done" }]);
});
