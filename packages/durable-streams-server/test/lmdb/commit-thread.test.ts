import { expect, test } from "vitest";
import { CommitThread } from "../../src/lmdb/commit-thread.ts";

test("quick commits stay on the event loop's thread", () => {
  const thread = new CommitThread();
  for (let now = 0; now < 100; now++) {
    expect(thread.isEventLoop(now)).toBe(true);
    thread.record(0.25, now);
  }
});

test("after a slow commit the event loop has no commits for ten times as long", () => {
  const thread = new CommitThread();
  thread.record(5, 100);
  expect(thread.isEventLoop(100)).toBe(false);
  expect(thread.isEventLoop(149)).toBe(false);
  expect(thread.isEventLoop(150)).toBe(true);
  // The next commit shows that the disk is quick again.
  thread.record(0.3, 150.3);
  expect(thread.isEventLoop(150.3)).toBe(true);
});
