import * as reference from "@durable-streams/client";
import { stream } from "@freshet/durable-streams-client";
import { request } from "undici";
import type { Contestant } from "../harness.ts";
import { names } from "./setup.ts";

/** The number of items in the JSON streams. */
export const total = 1_000_000;

const identity = { "accept-encoding": "identity" };

/** Contestants that read all bytes of a stream; the result is their number. */
export function bytesReaders(url: string): Contestant<number>[] {
  return [
    {
      name: names.ours,
      run: async () => (await (await stream(url, { live: false })).readBytes()).length,
    },
    {
      name: names.reference,
      run: async () => (await (await reference.stream({ url, live: false })).body()).length,
    },
    {
      name: `${names.reference}, identity`,
      async run() {
        const res = await reference.stream({ url, live: false, headers: identity });
        return (await res.body()).length;
      },
    },
    {
      name: names.floor,
      async run() {
        const { body } = await request(`${url}?offset=-1`);
        return (await body.bytes()).length;
      },
    },
  ];
}

/** Contestants that read `count` items of a JSON stream by batches; the result is the sum of their numbers. */
export function batchReaders(url: string, count: number): Contestant<number>[] {
  return [
    {
      name: `${names.ours}, iterJsonBatches`,
      async run() {
        let sum = 0;
        const res = await stream<{ n: number }>(url, { live: false });
        for await (const items of res.iterJsonBatches()) for (const { n } of items) sum += n;
        return sum;
      },
    },
    { name: `${names.reference}, subscribeJson`, run: () => subscribe(url, count, {}) },
    { name: `${names.reference}, the same, identity`, run: () => subscribe(url, count, identity) },
    {
      name: `${names.floor} and JSON.parse`,
      async run() {
        let sum = 0;
        for (let offset = "-1", isClosed = false; !isClosed;) {
          const { body, headers } = await request(`${url}?offset=${offset}`);
          for (const { n } of JSON.parse(await body.text()) as { n: number }[]) sum += n;
          offset = String(headers["stream-next-offset"]);
          isClosed = headers["stream-closed"] === "true" || headers["stream-up-to-date"] === "true";
        }
        return sum;
      },
    },
  ];
}

/** Contestants that read items one by one; the reference client also by batches, its fastest API. */
export function itemReaders(url: string, count: number): Contestant<number>[] {
  return [
    {
      name: `${names.ours}, iterJson`,
      async run() {
        let sum = 0;
        const res = await stream<{ n: number }>(url, { live: false });
        for await (const { n } of res.iterJson()) sum += n;
        return sum;
      },
    },
    {
      name: `${names.reference}, jsonStream, identity`,
      async run() {
        let sum = 0;
        // With live: false it stops after the first page, see `subscribe`.
        const live = "long-poll";
        const res = await reference.stream<{ n: number }>({ url, live, headers: identity });
        for await (const { n } of res.jsonStream()) sum += n;
        return sum;
      },
    },
    {
      name: `${names.reference}, subscribeJson, identity`,
      run: () => subscribe(url, count, identity),
    },
  ];
}

// With live: false it stops after the first page, so it follows the stream to its closed end. And its
// `closed` resolves before the last batch is delivered, so the items are counted.
async function subscribe(
  url: string,
  total: number,
  headers: Record<string, string>,
): Promise<number> {
  let sum = 0;
  let count = 0;
  const res = await reference.stream<{ n: number }>({ url, live: "long-poll", headers });
  await new Promise<void>((resolve, reject) => {
    res.subscribeJson((batch) => {
      for (const { n } of batch.items) sum += n;
      count += batch.items.length;
      if (count === total) resolve();
      return Promise.resolve();
    });
    res.closed.catch(reject);
  });
  return sum;
}

/** Measures the heap in MB ten times while a million items of one response are read. */
export async function memoryCurve(url: string): Promise<number[]> {
  const points: number[] = [];
  let count = 0;
  const res = await stream<{ n: number }>(url, { live: false });
  for await (const { n } of res.iterJson()) {
    if (n !== count++) throw new Error(`Item ${n} was read as number ${count}.`);
    if (count % (total / 10) !== 0) continue;
    globalThis.gc?.();
    points.push(process.memoryUsage().heapUsed / 1e6);
  }
  return points;
}

export async function readAll(url: string): Promise<number> {
  return (await (await stream(url, { live: false })).readJson()).length;
}
