import { describe, expect, test } from "vitest";
import { redactText, redactUrl } from "../../src/index.ts";

describe("redactUrl", () => {
  test.each([
    ["https://a.example/b", "https://a.example/b"],
    ["https://user:canary@a.example:8080/b", "https://a.example:8080/b"],
    ["https://a.example/b?token=canary&offset=0_1", "https://a.example/b?token=…&offset=0_1"],
    ["https://a.example/b?token=canary#canary", "https://a.example/b?token=…"],
    ["/b?token=canary", "/b?token=…"],
    ["//user:canary@", "…"],
    ["http://[canary", "…"],
  ])("%s is shown as %s", (url, expected) => {
    expect(redactUrl(url, ["offset"])).toBe(expected);
    expect(redactUrl(url, ["offset"])).not.toContain("canary");
  });
});

test("redactText takes every secret out, however often it stands there", () => {
  expect(redactText("Bearer canary, again canary", ["canary", undefined])).toBe(
    "Bearer …, again …",
  );
  expect(redactText("a banana", ["a", ""])).toBe("a banana");
});
