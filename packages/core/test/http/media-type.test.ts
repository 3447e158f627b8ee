import { expect, test } from "vitest";
import { mediaType } from "../../src/index.ts";

test.each([
  ["Application/JSON; v=1", "application/json"],
  [" text/plain ", "text/plain"],
  ["text/html;charset=utf-8;x", "text/html"],
  ["", ""],
  [null, ""],
  [undefined, ""],
])("the media type of %j is %j", (header, expected) => {
  expect(mediaType(header)).toBe(expected);
});
