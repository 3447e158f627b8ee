import * as reference from "@durable-streams/client";
import { DurableStream, IdempotentProducer, stream } from "@freshet/durable-streams-client";
import { Agent, request } from "undici";
import type { Contestant } from "../harness.ts";
import { total } from "./reads.ts";
import { deleteStream, names, newStream } from "./setup.ts";

const contentType = "application/json";
const agent = new Agent();
const item = (n: number) => ({ n, text: "a value of some fifty bytes" });

/**
 * Wraps a contestant so that its first stream, before any clock starts, is read back whole; after that
 * the result of a round is the expected count.
 */
function checked(name: string, count: number, write: () => Promise<string>): Contestant<number> {
  let isChecked = false;
  let before: string | undefined;
  return {
    name,
    async run() {
      if (before !== undefined) await deleteStream(before);
      const url = (before = await write());
      if (isChecked) return count;
      isChecked = true;
      const items = await (await stream<{ n: number }>(url, { live: false })).readJson();
      // The server with canned responses stores nothing that could be read back.
      const isCanned = items.length === total;
      return isCanned || (items.length === count && items.every(({ n }, index) => n === index))
        ? count
        : items.length;
    },
  };
}

/** Contestants that send `count` appends without a wait for each. */
export function appends(base: string, count: number): Contestant<number>[] {
  return [
    checked(names.ours, count, async () => {
      const url = await newStream(base, contentType);
      const target = new DurableStream({ url, contentType });
      const all: Promise<unknown>[] = [];
      for (let n = 0; n < count; n++) all.push(target.append(item(n)));
      await Promise.all(all);
      return url;
    }),
    checked(names.reference, count, async () => {
      const url = await newStream(base, contentType);
      const target = new reference.DurableStream({ url, contentType });
      const all: Promise<unknown>[] = [];
      for (let n = 0; n < count; n++) all.push(target.append(JSON.stringify(item(n))));
      await Promise.all(all);
      return url;
    }),
    checked(names.floor, count, () => floor(base, count, false)),
    checked(`${names.floor}, a promise per value`, count, () => floor(base, count, false, true)),
  ];
}

export function producers(base: string, count: number): Contestant<number>[] {
  return [
    checked(names.ours, count, async () => {
      const url = await newStream(base, contentType);
      const producer = new IdempotentProducer(new DurableStream({ url, contentType }), "p");
      for (let n = 0; n < count; n++) producer.append(item(n));
      await producer.flush();
      return url;
    }),
    checked(names.reference, count, async () => {
      const url = await newStream(base, contentType);
      const target = new reference.DurableStream({ url, contentType });
      const producer = new reference.IdempotentProducer(target, "p");
      for (let n = 0; n < count; n++) producer.append(JSON.stringify(item(n)));
      await producer.flush();
      return url;
    }),
    checked(names.floor, count, () => floor(base, count, true)),
  ];
}

/**
 * The least possible work: bodies of 1 MiB, one after the other, by bare `request()`. With `hasPromises`
 * there is a promise per value, as `append` returns it, and all of them are awaited.
 */
async function floor(
  base: string,
  count: number,
  isProducer: boolean,
  hasPromises: boolean = false,
): Promise<string> {
  const url = await newStream(base, contentType);
  const all: Promise<void>[] = [];
  let parts: string[] = [];
  let size = 0;
  let seq = 0;
  let settle: () => void = () => undefined;
  let stored = new Promise<void>((resolve) => (settle = resolve));
  const flush = async () => {
    const producer = { "producer-id": "p", "producer-epoch": "0", "producer-seq": String(seq++) };
    const { body } = await request(url, {
      ...{ method: "POST", dispatcher: agent, body: `[${parts.join(",")}]` },
      headers: { "content-type": contentType, ...(isProducer ? producer : {}) },
    });
    await body.dump();
    settle();
    stored = new Promise<void>((resolve) => (settle = resolve));
    parts = [];
    size = 0;
  };
  for (let n = 0; n < count; n++) {
    const text = JSON.stringify(item(n));
    parts.push(text);
    if (hasPromises) all.push(stored.then());
    size += text.length + 1;
    if (size >= 1024 * 1024) await flush();
  }
  if (parts.length > 0) await flush();
  await Promise.all(all);
  return url;
}

/** Operations that await one append at a time. */
export async function awaitedAppends(
  base: string,
): Promise<readonly [string, () => Promise<unknown>][]> {
  const ours = new DurableStream({ url: await newStream(base, contentType), contentType });
  const url = await newStream(base, contentType);
  const theirs = new reference.DurableStream({ url, contentType });
  const floorUrl = await newStream(base, contentType);
  return [
    [names.ours, () => ours.append(item(1))],
    [names.reference, () => theirs.append(JSON.stringify(item(1)))],
    [
      names.floor,
      async () => {
        const { body } = await request(floorUrl, {
          ...{ method: "POST", dispatcher: agent, headers: { "content-type": contentType } },
          body: `[${JSON.stringify(item(1))}]`,
        });
        await body.dump();
      },
    ],
  ];
}
