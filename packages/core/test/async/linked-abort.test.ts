import { expect, test } from "vitest";
import { linkedAbort } from "../../src/index.ts";

test("it aborts with the first signal that does, for its reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const linked = linkedAbort(first.signal, second.signal);
  expect(linked.signal.aborted).toBe(false);
  second.abort("second");
  first.abort("first");
  expect(linked.signal.reason).toBe("second");
});

test("a signal that has aborted already counts", () => {
  expect(linkedAbort(AbortSignal.abort("before")).signal.reason).toBe("before");
});

test("its own abort leaves the signals alone", () => {
  const outer = new AbortController();
  linkedAbort(outer.signal).abort();
  expect(outer.signal.aborted).toBe(false);
});
