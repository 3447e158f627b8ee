import { expect, test } from "vitest";
import { FreshetError } from "../src/index.ts";

class LampError extends FreshetError<"NO_POWER" | "BULB_MISSING"> {
  override readonly name: string = "LampError";
  declare readonly room: string | undefined;
}

test("an error is an Error with a name, a code and a message", () => {
  const error = new LampError("NO_POWER", "The lamp has no power: plug it in.");
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(FreshetError);
  expect(error.code).toBe("NO_POWER");
  expect(error.retryable).toBe(false);
  expect(String(error)).toBe("LampError: The lamp has no power: plug it in.");
  expect(error.stack).toContain("error.test");
});

test("the cause is kept, and there is no such property without one", () => {
  const cause = new Error("the fuse");
  expect(new LampError("NO_POWER", "dark", { cause }).cause).toBe(cause);
  expect("cause" in new LampError("NO_POWER", "dark")).toBe(false);
  expect("cause" in new LampError("NO_POWER", "dark", { cause: undefined })).toBe(false);
});

test("facts are fields that cannot be changed, and undefined ones are left out", () => {
  const error = new LampError("NO_POWER", "dark", { retryable: true }, { room: "hall" });
  expect(error.room).toBe("hall");
  for (const field of ["code", "retryable", "room"]) {
    expect(() => Object.assign(error, { [field]: "other" })).toThrow(TypeError);
  }
  expect("room" in new LampError("NO_POWER", "dark", {}, { room: undefined })).toBe(false);
});

test("an error of another copy of this package is recognised, its subclasses are not confused", async () => {
  const url = "../src/error.ts?copy";
  const copy = (await import(/* @vite-ignore */ url)) as { FreshetError: typeof FreshetError };
  expect(copy.FreshetError).not.toBe(FreshetError);
  class DoorError extends copy.FreshetError<"OPEN"> {}
  const error: unknown = new DoorError("OPEN", "The door is open.");
  expect(error).toBeInstanceOf(FreshetError);
  expect(error).toBeInstanceOf(DoorError);
  expect(error).not.toBeInstanceOf(LampError);
  expect(new LampError("NO_POWER", "dark")).not.toBeInstanceOf(DoorError);
});

test.each([undefined, null, 7, "FreshetError", {}, new Error("plain")])(
  "%s is not a FreshetError",
  (value) => {
    expect(value instanceof FreshetError).toBe(false);
  },
);
