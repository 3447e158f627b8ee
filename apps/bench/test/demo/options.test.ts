import { expect, test } from "vitest";
import { loadOptions } from "../../src/demo/options.ts";
import { UsageError } from "../../src/options.ts";

test("pnpm bench demo has defaults for the whole load", () => {
  expect(loadOptions([])).toEqual({
    conversations: 200,
    rate: 50,
    seconds: 10,
    warmUpSeconds: 5,
    batchMs: 50,
    server: "freshet",
    profileSeconds: 5,
    profileDir: undefined,
  });
});

test.each(["conversations", "rate", "seconds", "warm-up", "batch", "server", "profile-seconds"])(
  "pnpm bench demo refuses a wrong --%s",
  (name) => {
    expect(() => loadOptions([`--${name}`, "wrong"])).toThrow(UsageError);
    expect(() => loadOptions([`--${name}`, "wrong"])).toThrow(`--${name} "wrong"`);
  },
);
