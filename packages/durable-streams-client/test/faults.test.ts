import { describe, expect, test } from "vitest";
import { DurableStream, IdempotentProducer, type Live, stream } from "../src/index.ts";
import { random } from "./support/random.ts";
import { faultyUrl, freshUrl, transports } from "./support/transports.ts";

const count = 10_000;
const retry = { initialDelayMs: 1, maxDelayMs: 20, maxRetries: 100 };
const impatience = { timeoutMs: 300, liveTimeoutMs: 3000, sseFirstEventMs: 1000 };
const lives: Live[] = [false, "long-poll", "sse"];

/** Reads until `isDone`, leaving and resuming at positions that the seed picks. */
async function readInSessions(
  session: (offset: string) => Promise<string | undefined>,
): Promise<void> {
  let offset: string | undefined = "-1";
  while (offset !== undefined) offset = await session(offset);
}

describe.each(transports)("over %s, through faults", (_name, transport) => {
  test.each(lives)("every JSON item is delivered once and in order, live: %s", async (live) => {
    const url = freshUrl("json");
    const seed = 1 + lives.indexOf(live);
    await DurableStream.create({ url, contentType: "application/json" });
    const writer = new DurableStream({
      ...{ url: faultyUrl(url, 1000 + seed), contentType: "application/json" },
      ...{ retry, timeoutMs: 300, ...transport },
    });
    const producer = new IdempotentProducer(writer, "writer", {
      autoClaim: true,
      maxBatchItems: 250,
    });
    for (let n = 0; n < count; n++) producer.append({ n, text: "é🙂".repeat(n % 5) });
    const written = producer.close();
    if (live === false) await written;

    const seen: number[] = [];
    const leave = random(seed);
    await readInSessions(async (offset) => {
      const options = { offset, live, retry, ...impatience, ...transport };
      const res = await stream<{ n: number }>(faultyUrl(url, seed), options);
      for await (const event of res.iterEvents({ mode: "json" })) {
        seen.push(event.data.n);
        expect(res.offset).toBe(event.position);
        if (leave() < 0.0005) return event.position;
      }
      expect(res.closed).toBe(true);
      return undefined;
    });
    await written;
    expect(seen.length).toBe(count);
    expect(seen.every((n, index) => n === index)).toBe(true);
  });

  test.each([false, "long-poll"] as const)("text is whole at every cut, live: %s", async (live) => {
    const url = freshUrl("text");
    const seed = 10 + lives.indexOf(live);
    const stream1 = await DurableStream.create({ url, contentType: "text/plain" });
    const text = Array.from({ length: 6000 }, (_, n) => `${n}:é🙂漢 `).join("");
    const bytes = new TextEncoder().encode(text);
    const next = random(seed);
    const appends: Promise<unknown>[] = [];
    for (let at = 0; at < bytes.length;) {
      const to = at + 1 + Math.floor(next() * 700); // mostly in the middle of a character
      appends.push(stream1.append(bytes.slice(at, to)));
      if (appends.length % 7 === 0) await Promise.all(appends);
      at = to;
    }
    await Promise.all(appends);
    await stream1.close();
    let seen = "";
    await readInSessions(async (offset) => {
      const options = { offset, live, retry, ...impatience, ...transport };
      const res = await stream(faultyUrl(url, seed), options);
      for await (const event of res.iterEvents({ mode: "text" })) {
        seen += event.data;
        if (next() < 0.02) return event.position;
      }
      return undefined;
    });
    expect(seen.length).toBe(text.length);
    expect(seen === text).toBe(true); // a failure must not print it all
  });

  test.each(lives)("binary data is delivered byte for byte, live: %s", async (live) => {
    const url = freshUrl("binary");
    const seed = 20 + lives.indexOf(live);
    const contentType = "application/octet-stream";
    const next = random(seed);
    const bytes = Uint8Array.from({ length: 300_000 }, () => next() * 256);
    const target = await DurableStream.create({ url, contentType });
    const writing = (async () => {
      for (let at = 0; at < bytes.length; at += 5000)
        await target.append(bytes.slice(at, at + 5000));
      await target.close();
    })();
    if (live === false) await writing;
    const seen: number[] = [];
    await readInSessions(async (offset) => {
      const options = { offset, live, retry, ...impatience, ...transport };
      const res = await stream(faultyUrl(url, seed), options);
      for await (const event of res.iterEvents({ mode: "bytes" })) {
        for (const byte of event.data) seen.push(byte);
        if (next() < 0.05) return event.position;
      }
      return undefined;
    });
    await writing;
    expect(seen.length).toBe(bytes.length);
    expect(seen.every((byte, index) => byte === bytes[index])).toBe(true);
  });

  test("every first batch whose response is lost on a kept connection is stored once", async () => {
    for (let round = 0; round < 20; round++) {
      const url = freshUrl("first");
      const handle = await DurableStream.create({ url, contentType: "application/json" });
      const writer = new DurableStream({
        ...{ url: faultyUrl(url, 5000 + round), contentType: "application/json" },
        ...{ retry, timeoutMs: 300, ...transport },
      });
      // A connection that is kept, which a browser replaces by itself when it dies.
      await writer.head();
      const producer = new IdempotentProducer(writer, "writer", { autoClaim: true });
      producer.append(round);
      await producer.detach();
      expect(await (await handle.stream()).readJson()).toEqual([round]);
    }
  });

  test("no value that a contender for one producer id got acknowledged is missing or twice", async () => {
    for (let round = 0; round < 12; round++) {
      const url = freshUrl("contended");
      const handle = await DurableStream.create({ url, contentType: "application/json" });
      const acknowledged: string[] = [];
      const contend = async (contender: number) => {
        const writer = new DurableStream({
          ...{ url: faultyUrl(url, 7000 + round * 8 + contender), contentType: "application/json" },
          ...{ retry, timeoutMs: 300, ...transport },
        });
        const producer = new IdempotentProducer(writer, "contended", { autoClaim: true });
        for (let n = 0; n < 3; n++) {
          producer.append(`${contender}.${n}`);
          await producer.flush();
          acknowledged.push(`${contender}.${n}`);
        }
      };
      const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => contend(n)));
      for (const result of results) {
        // Fenced off by another, which is what contending means.
        if (result.status === "rejected") {
          expect(result.reason).toMatchObject({ code: "STALE_EPOCH" });
        }
      }
      const stored = await (await handle.stream<string>()).readJson();
      expect(new Set(stored).size).toBe(stored.length);
      expect(acknowledged.filter((value) => !stored.includes(value))).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(0);
    }
  });
});
