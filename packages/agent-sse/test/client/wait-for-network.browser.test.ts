import { afterEach, expect, test, vi } from "vitest";
import { waitForNetwork } from "../../src/client/wait-for-network.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const never = new AbortController().signal;
const hidden = (value: boolean) => vi.spyOn(document, "hidden", "get").mockReturnValue(value);

test("a browser that comes back online ends waitForNetwork", async () => {
  const wait = waitForNetwork(1e9, never);
  dispatchEvent(new Event("online"));
  await wait;
});

test("a page that becomes visible ends waitForNetwork, a hidden one does not", async () => {
  const onWake = vi.fn();
  const wait = waitForNetwork(1e9, never).then(onWake);
  hidden(true);
  document.dispatchEvent(new Event("visibilitychange"));
  await new Promise((resolve) => setTimeout(resolve));
  expect(onWake).not.toHaveBeenCalled();
  hidden(false);
  document.dispatchEvent(new Event("visibilitychange"));
  await wait;
});

test("neither a tab that is shown nor a network that is back shortens what the server asks for", async () => {
  const onEnd = vi.fn();
  const before = performance.now();
  const wait = waitForNetwork(1e9, never, 300).then(onEnd);
  for (let count = 0; count < 10; count++) {
    dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(onEnd).not.toHaveBeenCalled();
  await wait;
  expect(performance.now() - before).toBeGreaterThan(290);
});

test("waitForNetwork leaves no listener behind", async () => {
  const signals: AbortSignal[] = [];
  for (const target of [globalThis, document]) {
    const add = target.addEventListener.bind(target);
    vi.spyOn(target, "addEventListener").mockImplementation((type, listener, options) => {
      if (typeof options === "object" && options.signal) signals.push(options.signal);
      add(type, listener, options);
    });
  }
  await waitForNetwork(0, never);
  expect(signals).toHaveLength(2);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
});

test("an abort rejects waitForNetwork immediately with its reason", async () => {
  const controller = new AbortController();
  const wait = waitForNetwork(1e9, controller.signal);
  controller.abort("enough");
  await expect(wait).rejects.toBe("enough");
  await expect(waitForNetwork(1e9, controller.signal)).rejects.toBe("enough");
});
