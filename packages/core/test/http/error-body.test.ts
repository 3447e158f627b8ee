import { utf8 } from "@freshet/test-support";
import { expect, test, vi } from "vitest";
import { readErrorBody } from "../../src/index.ts";

test("it is the body's text, whatever cuts the characters", async () => {
  const chunks = [...utf8("grün ✓")].map((byte) => Uint8Array.of(byte));
  expect(await readErrorBody(chunks)).toBe("grün ✓");
  expect(await readErrorBody(null)).toBe("");
});

test("a long body is read up to the limit, and cancelled", async () => {
  const cancel = vi.fn();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(utf8("0123456789")),
    cancel,
  });
  expect(await readErrorBody(body, { maxBytes: 25 })).toBe("0123456789012345678901234");
  expect(cancel).toHaveBeenCalledOnce();
});

test("a body that breaks gives what came before", async () => {
  async function* broken() {
    yield await Promise.resolve(utf8("half"));
    throw new Error("reset");
  }
  expect(await readErrorBody(broken())).toBe("half");
});

test("a body that trickles without end gives what came in time", async () => {
  const trickle = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(utf8("."));
    },
  });
  expect(await readErrorBody(trickle, { timeoutMs: 50 })).toMatch(/^\.+$/);
});

test("an abort ends it", async () => {
  const silent = new ReadableStream<Uint8Array>();
  expect(await readErrorBody(silent, { signal: AbortSignal.abort() })).toBe("");
});
