import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReplayFilter } from "../../src/client/replay-filter.ts";

/** An event whose content follows from its id. */
const received = (id: string | undefined, text = `of ${id}`) => ({
  event: { type: "token", text },
  id,
});
const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

function accepted(filter: ReplayFilter, sent: readonly (string | undefined)[]) {
  return sent.filter((id) => filter.accept(received(id)));
}

/** Sends events of one connection: `[text, id]`, where a missing id is the one before, as parsers give it. */
function texts(filter: ReplayFilter, sent: readonly (readonly [text: string, id?: string])[]) {
  filter.onConnect();
  let last: string | undefined;
  return sent
    .filter(([text, id = last]) => filter.accept(received((last = id), text)))
    .map(([text]) => text);
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
  expect(texts(filter, [["new"], ["x", "b"], ["y", "b"]])).toHaveLength(3);
});

test("ReplayFilter passes the events of a server that continues with other ids", () => {
  const filter = new ReplayFilter(undefined);
  filter.onConnect();
  accepted(filter, ["a", "b", "c"]);
  filter.onConnect();
  expect(accepted(filter, ["a", "x", "y"])).toEqual(["x", "y"]);
});

describe("events without ids between events with ids", () => {
  test("come once, wherever the connection is cut and wherever the server continues", () => {
    const stream = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(stream, fc.array(fc.tuple(fc.nat(20), fc.boolean())), (shape, cuts) => {
        const sent = shape.map(([text, hasId], index) =>
          hasId ? ([`${text}${index}`, `id${index}`] as const) : ([text] as const),
        );
        const filter = new ReplayFilter(undefined);
        const read: string[] = [];
        let last: string | undefined;
        for (const [end, exact] of [...cuts, [20, true] as const]) {
          const position = sent.findIndex(([, id]) => id !== undefined && id === last) + 1;
          // What comes before the first id of a replay may be new.
          const first = sent.findIndex(([, id]) => id !== undefined);
          const start = exact || last === undefined ? position : first;
          // Without any id the reader itself begins again.
          if (last === undefined) read.length = 0;
          const part = sent.slice(start, Math.max(end, start));
          read.push(...texts(filter, part));
          const lastIds = part.flatMap(([, id]) => id ?? []);
          const positionOf = (id?: string) => (id ? sent.findIndex((one) => one[1] === id) : -1);
          const newest = lastIds.at(-1);
          if (positionOf(newest) > positionOf(last)) last = newest;
        }
        expect(read).toEqual(sent.map(([text]) => text));
      }),
      { numRuns: 500 },
    );
  });

  test("are new where the server does not repeat them", () => {
    const filter = new ReplayFilter(undefined);
    expect(texts(filter, [["a", "1"], ["live"]])).toEqual(["a", "live"]);
    expect(texts(filter, [["later"], ["b", "2"]])).toEqual(["later", "b"]);
  });

  test("are always new if they are transient", () => {
    const filter = new ReplayFilter(undefined);
    filter.onConnect();
    const ping = { event: { type: "ping", transient: true }, id: undefined };
    filter.accept(received("1"));
    expect(filter.accept({ ...ping, id: "1" })).toBe(true);
    filter.onConnect();
    expect(filter.accept(ping)).toBe(true);
  });
});

describe("an id that comes again with other data is an error", () => {
  const error = { code: "ID_REUSED", message: expect.stringContaining('"1" came again') as string };

  test("within a connection", () => {
    const filter = new ReplayFilter(undefined);
    const turns = [
      ["a", "1"],
      ["b", "2"],
      ["c", "1"],
    ] as const;
    expect(() => texts(filter, turns)).toThrow(expect.objectContaining(error));
  });

  test("after a reconnect", () => {
    const filter = new ReplayFilter(undefined);
    texts(filter, [
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(() => texts(filter, [["c", "1"]])).toThrow(expect.objectContaining(error));
  });

  test("after another event, if it is the id that the first request gave", () => {
    const filter = new ReplayFilter("1");
    const again = [
      ["a", "0"],
      ["b", "1"],
    ] as const;
    expect(() => texts(filter, again)).toThrow(expect.objectContaining(error));
  });

  test("also for large events that differ in one letter", () => {
    const large = (letter: string) => "x".repeat(5000) + letter + "x".repeat(5000);
    const filter = new ReplayFilter(undefined);
    texts(filter, [
      [large("a"), "1"],
      ["b", "2"],
    ]);
    expect(texts(filter, [[large("a"), "1"]])).toEqual([]);
    expect(() => texts(filter, [[large("b"), "1"]])).toThrow(expect.objectContaining(error));
  });
});

test("an id without an event moves the position, unless it is repeated", () => {
  const filter = new ReplayFilter(undefined);
  texts(filter, [["a", "1"], ["live"]]);
  expect(filter.moveTo("2")).toBe(true);
  filter.onConnect();
  expect(filter.moveTo("1")).toBe(false);
  expect(filter.moveTo("3")).toBe(true);
  expect(filter.accept(received("3", "live"))).toBe(true);
});
