import { expect, test } from "vitest";
import { summarise, summaryLine } from "../../src/run/summary.ts";

const end = { events: 214, duplicates: 0, sha256: "abc" };
const good = {
  written: end,
  read: end,
  stored: end,
  reconnects: 6,
  cuts: 5,
  webServerKills: 1,
  faultsLeft: 0,
  seed: 7,
};

test("a run whose ends counted the same events is ok", () => {
  const summary = summarise(good);
  expect(summary.ok).toBe(true);
  expect(summaryLine(summary)).toBe(
    "214 events written, 214 read, 6 reconnects, 0 lost, 0 duplicated, sha256 match",
  );
});

test.each<[string, Partial<typeof good>, object]>([
  ["an event is lost", { read: { ...end, events: 213, sha256: "x" } }, { lost: 1 }],
  ["an event is read twice", { read: { ...end, events: 215, duplicates: 1 } }, { duplicated: 1 }],
  ["the reader sees another order", { read: { ...end, sha256: "x" } }, { sha256_match: false }],
  ["the stored transcript differs", { stored: { ...end, sha256: "x" } }, { sha256_match: false }],
  ["a planned fault does not happen", { faultsLeft: 1 }, {}],
])("a run is not ok when %s", (_what, change, expected) => {
  expect(summarise({ ...good, ...change })).toMatchObject({ ok: false, ...expected });
});

const held = { text: "Hi there", errorType: undefined };

test("a replay whose reader got what the capture holds is ok, and the line states its length", () => {
  const summary = summarise({ ...good, capture: { held, read: held } });
  expect(summary).toMatchObject({ ok: true, capture: { match: true, characters: 8, error: null } });
  expect(summaryLine(summary)).toMatch(/, sha256 match, capture match \(8 characters\)$/);
  const failed = { text: "Hi", errorType: "THROTTLED" };
  const line = summaryLine(summarise({ ...good, capture: { held: failed, read: failed } }));
  expect(line).toMatch(/, capture match \(2 characters, then THROTTLED\)$/);
});

test.each([
  ["less text", { text: "Hi", errorType: undefined }],
  ["an error instead of it", { text: "", errorType: "SERVICE" }],
  ["the text and then an error", { text: "Hi there", errorType: "SERVICE" }],
])("a replay whose reader got %s is not ok, though nothing was lost on the way", (_, read) => {
  const summary = summarise({ ...good, capture: { held, read } });
  expect(summary.ok).toBe(false);
  expect(summaryLine(summary)).toMatch(/, sha256 match, capture MISMATCH$/);
});
