import { describe, expect, test, vi } from "vitest";
import { type Fetch, fetchFollowing, headersAfterRedirect } from "../../src/index.ts";

const headers = { Accept: "text/event-stream", "x-api-key": "canary" };
const fail = (message: string) => new Error(message);

describe("headersAfterRedirect", () => {
  const from = new URL("https://a.example/x");

  test("all headers go to the same origin", () => {
    expect(headersAfterRedirect(headers, from, new URL("https://a.example/y"), [])).toEqual(
      headers,
    );
  });

  test.each(["https://b.example/", "http://a.example/", "https://a.example:8443/"])(
    "only named headers go to %s",
    (to) => {
      expect(headersAfterRedirect(headers, from, new URL(to), ["accept"])).toEqual({
        Accept: "text/event-stream",
      });
    },
  );
});

describe("fetchFollowing", () => {
  const options = { redirectHeaders: ["accept"], fail };
  const redirectTo = (location: string) =>
    new Response(null, { status: 307, headers: { location } });

  test("each hop gets what may go there, and a header that was held back stays away", async () => {
    const fetch = vi
      .fn<Fetch>()
      .mockResolvedValueOnce(redirectTo("/b"))
      .mockResolvedValueOnce(redirectTo("https://b.example/c"))
      .mockResolvedValueOnce(redirectTo("https://a.example/d"))
      .mockResolvedValueOnce(new Response("there"));
    const response = await fetchFollowing(fetch, "https://a.example/a", { headers }, options);
    expect(await response.text()).toBe("there");
    const sent = fetch.mock.calls.map(([url, init]) => [url, init?.headers]);
    expect(sent).toEqual([
      ["https://a.example/a", headers],
      ["https://a.example/b", headers],
      ["https://b.example/c", { Accept: "text/event-stream" }],
      ["https://a.example/d", { Accept: "text/event-stream" }],
    ]);
    for (const [, init] of fetch.mock.calls) expect(init?.redirect).toBe("manual");
  });

  test("a loop of redirects ends, and so does one to nowhere", async () => {
    const loop = vi.fn<Fetch>(() => Promise.resolve(redirectTo("/a?token=canary")));
    const looping = fetchFollowing(loop, "https://a.example/a?token=canary", { headers }, options);
    await expect(looping).rejects.toThrow("https://a.example/a?token=… was redirected (307) more");
    expect(loop).toHaveBeenCalledTimes(6);
    const nowhere: Fetch = () => Promise.resolve(new Response(null, { status: 302 }));
    await expect(
      fetchFollowing(nowhere, "https://a.example/", { headers }, options),
    ).rejects.toThrow("to nowhere");
  });

  test("where the browser hides redirects it follows only if nothing has to be held back", async () => {
    const opaque = { type: "opaqueredirect", status: 0 } as Response;
    const fetch = vi.fn<Fetch>((_, init) =>
      Promise.resolve(init?.redirect === "manual" ? opaque : new Response("there")),
    );
    const held = fetchFollowing(fetch, "https://a.example/a", { headers }, options);
    await expect(held).rejects.toThrow("a browser would send x-api-key along");
    const plain = { headers: { accept: "text/event-stream" } };
    const response = await fetchFollowing(fetch, "https://a.example/a", plain, options);
    expect(await response.text()).toBe("there");
  });
});
