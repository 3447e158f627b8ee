import { describe, expect, test } from "vitest";
import { DurableStream, type Live, stream, type StreamResponse } from "../../src/index.ts";
import { freshUrl, transports } from "../support/transports.ts";

const lives: Live[] = [false, true, "long-poll", "sse"];

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeDefined();
}

async function drainStream(items: ReadableStream<unknown>): Promise<void> {
  const reader = items.getReader();
  while (!(await reader.read()).done);
}

/** Every method that reads a response. */
const ways: Record<string, (res: StreamResponse) => Promise<unknown>> = {
  "the response itself": (res) => drain(res),
  iterText: (res) => drain(res.iterText()),
  iterJson: (res) => drain(res.iterJson()),
  "iterJson with decode": (res) => drain(res.iterJson((item) => [item])),
  iterJsonBatches: (res) => drain(res.iterJsonBatches()),
  "iterEvents bytes": (res) => drain(res.iterEvents({ mode: "bytes" })),
  "iterEvents text": (res) => drain(res.iterEvents({ mode: "text" })),
  "iterEvents json": (res) => drain(res.iterEvents({ mode: "json" })),
  "iterEvents json with tailEvents": (res) =>
    drain(res.iterEvents({ mode: "json", tailEvents: true })),
  "iterEvents json-batches": (res) => drain(res.iterEvents({ mode: "json-batches" })),
  bodyStream: (res) => drainStream(res.bodyStream()),
  textStream: (res) => drainStream(res.textStream()),
  jsonStream: (res) => drainStream(res.jsonStream()),
  readBytes: (res) => res.readBytes(),
  readText: (res) => res.readText(),
  readJson: (res) => res.readJson(),
  readJsonBatches: (res) => res.readJsonBatches(),
};

interface Case {
  /** Where reading begins. */
  readonly offset: string;
  readonly fill: (handle: DurableStream) => Promise<unknown>;
  readonly closed: boolean;
}

const cases: Record<string, Case> = {
  empty: { offset: "-1", fill: () => Promise.resolve(), closed: false },
  "open with data": { offset: "-1", fill: (handle) => handle.append(1), closed: false },
  "closed with data": { offset: "-1", fill: (handle) => handle.close(1), closed: true },
  "closed after data": {
    ...{ offset: "-1", closed: true },
    fill: async (handle) => {
      await handle.append(1);
      await handle.close();
    },
  },
  "closed empty": { offset: "-1", fill: (handle) => handle.close(), closed: true },
  "closed at now": { offset: "now", fill: (handle) => handle.close(1), closed: true },
  "open at now": { offset: "now", fill: (handle) => handle.append(1), closed: false },
};

async function filled(fill: Case["fill"]): Promise<{ handle: DurableStream; tail: string }> {
  const url = freshUrl("end");
  const handle = await DurableStream.create({ url, contentType: "application/json" });
  await fill(handle);
  return { handle, tail: (await handle.head()).offset ?? "" };
}

describe.each(transports)("over %s", (_name, transport) => {
  for (const [name, { offset, fill, closed }] of Object.entries(cases)) {
    // An open stream has no end for those that follow it.
    const followed = closed ? lives : [false as const];
    test.each(followed)(
      `a stream that is ${name} ends with the same facts, live: %s`,
      async (live) => {
        const { handle, tail } = await filled(fill);
        for (const [way, read] of Object.entries(ways)) {
          const res = await stream(handle.url, { offset, live, ...transport });
          const ended = res.whenClosed();
          await read(res);
          const { upToDate, closed: isClosed, offset: end } = res;
          expect({ way, upToDate, isClosed, end }).toEqual({
            way,
            upToDate: true,
            isClosed: closed,
            end: tail,
          });
          expect(await ended, way).toBe(closed);
        }
      },
    );
  }

  test.each(["long-poll", "sse"] as const)(
    "a close without a value ends every live loop with the facts, live: %s",
    async (live) => {
      for (const [way, read] of Object.entries(ways)) {
        if (way.startsWith("read")) continue; // those stop at the tail
        const { handle, tail } = await filled((empty) => empty.append(1));
        const res = await stream(handle.url, { live, ...transport });
        const reading = read(res);
        await handle.close();
        await reading;
        expect({
          way,
          ...{ closed: res.closed, upToDate: res.upToDate, offset: res.offset },
        }).toEqual({
          ...{ way, closed: true, upToDate: true, offset: tail },
        });
      }
    },
  );

  test("polling with live: false until the stream is closed ends", async () => {
    const { handle } = await filled((empty) => empty.append(1));
    let offset = "-1";
    for (let polls = 0; ; polls++) {
      const res = await stream(handle.url, { offset, live: false, ...transport });
      for await (const item of res.iterJson()) expect(item).toBe(1);
      offset = res.offset;
      if (res.closed) break;
      expect(polls).toBeLessThan(2);
      if (polls === 1) await handle.close();
    }
  });

  test("tailEvents reports the tail and the end without an item, in mode json too", async () => {
    const { handle, tail } = await filled((empty) => empty.append(1));
    const res = await stream(handle.url, { ...transport });
    const seen: unknown[] = [];
    for await (const event of res.iterEvents({ mode: "json", tailEvents: true })) {
      seen.push([event.data, event.position, event.closed]);
      if (event.upToDate && !event.closed) await handle.close();
    }
    expect(seen.at(0)).toEqual([1, tail, false]);
    expect(seen.at(-1)).toEqual([undefined, tail, true]);
  });
});
