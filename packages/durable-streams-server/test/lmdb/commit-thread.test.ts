import { expect, test } from "vitest";
import { CommitPlace } from "../../src/lmdb/commit-thread.ts";

test("quick commits stay on the thread", () => {
  const place = new CommitPlace();
  for (let now = 0; now < 100; now++) {
    expect(place.isHere(now)).toBe(true);
    place.tookHere(0.25, now);
  }
});

test("after a slow commit the thread is left alone for ten times as long", () => {
  const place = new CommitPlace();
  place.tookHere(5, 100);
  expect(place.isHere(100)).toBe(false);
  expect(place.isHere(149)).toBe(false);
  expect(place.isHere(150)).toBe(true);
  // Tried again, and the disk is quick now.
  place.tookHere(0.3, 150.3);
  expect(place.isHere(150.3)).toBe(true);
});
