import { expect, test, vi } from "vitest";
import { FetchError, InvalidOptionError, stream } from "../src/index.ts";

test.each<[string, string | URL, object, RegExp]>([
  ["a relative URL", "/stream", {}, /absolute/],
  ["another protocol", "ftp://host/x", {}, /https/],
  ["an empty offset", "http://localhost/x", { offset: "" }, /offset/],
  ["an offset of a query", "http://localhost/x", { offset: "1&live=sse" }, /offset/],
  ["a reserved parameter", "http://localhost/x", { params: { live: "sse" } }, /params.live/],
  ["a reserved parameter in the URL", "http://localhost/x?live=sse", {}, /live/],
  [
    "a header that HTTP cannot carry",
    "http://localhost/x",
    { headers: { a: "b\n" } },
    /header "a"/,
  ],
  ["a header's name", "http://localhost/x", { headers: { "a b": "" } }, /header "a b"/],
  ["an unknown mode", "http://localhost/x", { live: true }, /live/],
  ["an etag while live", "http://localhost/x", { etag: "1" }, /live: false/],
  ["maxRetries", "http://localhost/x", { retry: { maxRetries: -1 } }, /maxRetries/],
  ["maxDelayMs", "http://localhost/x", { retry: { initialDelayMs: 9, maxDelayMs: 8 } }, /maxDelay/],
  ["multiplier", "http://localhost/x", { retry: { multiplier: 0.5 } }, /multiplier/],
  ["timeoutMs", "http://localhost/x", { timeoutMs: 0 }, /timeoutMs/],
])("refuses %s before anything is sent", async (_name, url, options, message) => {
  const failed = stream(url, options);
  await expect(failed).rejects.toThrow(InvalidOptionError);
  await expect(failed).rejects.toThrow(message);
});

test("warns once for each host that is not encrypted", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const failing = { fetch: () => Promise.reject(new TypeError("no")), retry: { maxRetries: 0 } };
  for (const url of ["http://a.example/x", "http://a.example/y", "http://127.0.0.1:1/x"]) {
    await expect(stream(url, failing)).rejects.toThrow(FetchError);
  }
  await expect(stream("http://b.example", { ...failing, warnOnHttp: false })).rejects.toThrow();
  expect(warn.mock.calls.length).toBe(1);
  expect(warn.mock.calls[0]?.[0]).toContain("http://a.example");
  warn.mockRestore();
});
