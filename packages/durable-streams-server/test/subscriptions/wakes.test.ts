import { expect, test } from "vitest";
import type { SubscriptionLink } from "../../src/subscriptions/subscription-state.ts";
import { hasPending, ignoreRange } from "../../src/subscriptions/wakes.ts";

const link = (more: Partial<SubscriptionLink> = {}): SubscriptionLink => ({
  explicit: true,
  glob: false,
  acked: 10,
  generation: 1,
  ...more,
});

test("what an ignored producer wrote after the cursor is not pending", () => {
  const entry = link();
  ignoreRange(entry, { generation: 1, start: 10, end: 20 });
  expect(hasPending(entry, { generation: 1, position: 20 })).toBe(false);
  expect(hasPending(entry, { generation: 1, position: 21 })).toBe(true);
});

test("of a stream made anew at the path nothing is processed but what the ignored producer wrote", () => {
  const entry = link({ ignored: [[10, 20]] });
  expect(hasPending(entry, { generation: 2, position: 5 })).toBe(true);
  ignoreRange(entry, { generation: 2, start: 0, end: 5 });
  expect(entry).toEqual(link({ acked: -1, generation: 2, ignored: [[0, 5]] }));
  expect(hasPending(entry, { generation: 2, position: 5 })).toBe(false);
  expect(hasPending(entry, { generation: 2, position: 6 })).toBe(true);
});

test("a late range of the stream that was there before changes nothing", () => {
  const entry = link({ generation: 2 });
  ignoreRange(entry, { generation: 1, start: 10, end: 20 });
  expect(entry).toEqual(link({ generation: 2 }));
});
