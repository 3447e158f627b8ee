import fc from "fast-check";
import { expect, test } from "vitest";
import { ReplayFilter } from "../../src/client/replay-filter.ts";

const received = (id: string | undefined) => ({ event: undefined, id });
const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

function accepted(filter: ReplayFilter, sent: readonly (string | undefined)[]) {
  return sent.filter((id) => filter.accept(received(id)));
}

test("ReplayFilter drops repeated events, wherever the server starts", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(), fc.nat(5), (count, from, more) => {
      const filter = new ReplayFilter(undefined);
      filter.onConnect();
      expect(accepted(filter, ids(0, count))).toEqual(ids(0, count));
      filter.onConnect();
      const replayed = ids(from % (count + 1), count + more);
      expect(accepted(filter, replayed)).toEqual(ids(count, count + more));
    }),
  );
});

test("ReplayFilter drops a replay that is cut in its middle and restarts", () => {
  const filter = new ReplayFilter(undefined);
  filter.onConnect();
  accepted(filter, ids(0, 10));
  filter.onConnect();
  expect(accepted(filter, ids(0, 4))).toEqual([]);
  filter.onConnect();
  expect(accepted(filter, ids(0, 12))).toEqual(["10", "11"]);
});

test("ReplayFilter notices a replay from the very start after any number of events", () => {
  const filter = new ReplayFilter(undefined);
  filter.onConnect();
  accepted(filter, ids(0, 30_000));
  filter.onConnect();
  expect(accepted(filter, ids(0, 30_002))).toEqual(["30000", "30001"]);
});

test("ReplayFilter knows the id of the first request", () => {
  const filter = new ReplayFilter("4");
  filter.onConnect();
  expect(accepted(filter, ids(4, 7))).toEqual(["5", "6"]);
});

test("ReplayFilter passes events without ids and events that share an id", () => {
  const filter = new ReplayFilter(undefined);
  filter.onConnect();
  expect(accepted(filter, [undefined, "a", "a", "a"])).toHaveLength(4);
  filter.onConnect();
  expect(accepted(filter, [undefined, "b", "b"])).toHaveLength(3);
});

test("ReplayFilter passes the events of a server that continues with other ids", () => {
  const filter = new ReplayFilter(undefined);
  filter.onConnect();
  accepted(filter, ["a", "b", "c"]);
  filter.onConnect();
  expect(accepted(filter, ["a", "x", "y"])).toEqual(["x", "y"]);
});
