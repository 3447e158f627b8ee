import { expect, test } from "vitest";
import { FreshetError } from "../src/index.ts";

class LampError extends FreshetError<"NO_POWER" | "BULB_MISSING"> {
  override readonly name: string = "LampError";
}

test("an error is an Error with a name, a code and a message", () => {
  const error = new LampError("NO_POWER", "The lamp has no power: plug it in.");
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(FreshetError);
  expect(error.code).toBe("NO_POWER");
  expect(String(error)).toBe("LampError: The lamp has no power: plug it in.");
  expect(error.stack).toContain("error.test");
});

test("the cause is kept, and is no property when there is none", () => {
  const cause = new Error("the fuse");
  expect(new LampError("NO_POWER", "dark", { cause }).cause).toBe(cause);
  expect("cause" in new LampError("NO_POWER", "dark")).toBe(false);
  expect("cause" in new LampError("NO_POWER", "dark", { cause: undefined })).toBe(false);
});
