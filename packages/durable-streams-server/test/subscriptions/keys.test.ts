import { expect, test } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { SubscriptionKeys } from "../../src/subscriptions/keys.ts";

const HOUR = 3_600_000;

test("signing keys rotate: the next is published before it signs, the last as long as it may be needed", async () => {
  const store = memoryStore();
  const at = (now: number) => SubscriptionKeys.load(store, 2 * HOUR, now);
  const kidsOf = (keys: SubscriptionKeys) => keys.publicJwks.map(({ kid }) => kid);
  const [first = ""] = kidsOf(await at(0));
  const token = await (await at(0)).token("s", 1);

  const rotated = await at(2 * HOUR);
  const [, second = ""] = kidsOf(rotated);
  expect(kidsOf(rotated)).toEqual([first, second]);
  expect(await rotated.signWebhook("{}", 2 * HOUR)).toContain(`kid=${first},`);
  expect(rotated.activeKid(2.25 * HOUR)).toBe(second);
  expect(await rotated.signWebhook("{}", 2.25 * HOUR)).toContain(`kid=${second},`);

  const [kept, third] = kidsOf(await at(4.25 * HOUR));
  expect(kept).toBe(second);
  expect(third).not.toBe(first);
  expect(await (await at(4.25 * HOUR)).verifyToken(token, "s")).toBe(1);
  await store.close();
});

test("two processes that rotate at the same time have the same keys", async () => {
  const store = memoryStore();
  await SubscriptionKeys.load(store, HOUR, 0);
  const [a, b] = await Promise.all([
    SubscriptionKeys.load(store, HOUR, HOUR),
    SubscriptionKeys.load(store, HOUR, HOUR),
  ]);
  expect(a.publicJwks).toHaveLength(2);
  expect(a.publicJwks).toEqual(b.publicJwks);
  await store.close();
});
