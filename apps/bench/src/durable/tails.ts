import * as reference from "@durable-streams/client";
import { stream } from "@freshet/durable-streams-client";
import { createParser } from "eventsource-parser";
import { request } from "undici";
import { percentile } from "../harness.ts";
import { names, newStream } from "./setup.ts";

const contentType = "application/json";
/**
 * The number of measured blocks, which alternate between the contestants. Single operations in turn would
 * measure how far the previous contestant has emptied the processor's caches.
 */
const blocks = 10;
/** The number of unmeasured blocks of each contestant before those, to warm the process up. */
const warmUps = 5;
type Mode = "sse" | "long-poll";
/** Calls `onItem` for every appended item, until the function that it resolves to is called. */
type Tail = (url: string, mode: Mode, onItem: (item: unknown) => void) => Promise<() => void>;

const tails: readonly (readonly [string, Tail])[] = [
  [
    names.ours,
    async (url, mode, onItem) => {
      const res = await stream(url, { live: mode });
      void (async () => {
        for await (const item of res.iterJson()) onItem(item);
      })();
      return () => {
        res.cancel();
      };
    },
  ],
  [
    names.reference,
    async (url, mode, onItem) => {
      const res = await reference.stream({ url, live: mode });
      res.subscribeJson((batch) => {
        for (const item of batch.items) onItem(item);
        return Promise.resolve();
      });
      res.closed.catch(() => undefined);
      return () => {
        res.cancel();
      };
    },
  ],
  [names.floor, (url, mode, onItem) => Promise.resolve(floorTail(url, mode, onItem))],
];

function floorTail(url: string, mode: Mode, onItem: (item: unknown) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const run = async () => {
    if (mode === "sse") {
      const { body } = await request(`${url}?offset=-1&live=sse`, { signal });
      const parser = createParser({
        onEvent: ({ event, data }) => {
          if (event === "data") for (const item of JSON.parse(data) as unknown[]) onItem(item);
        },
      });
      const decoder = new TextDecoder();
      for await (const chunk of body)
        parser.feed(decoder.decode(chunk as Buffer, { stream: true }));
      return;
    }
    for (let offset = "-1"; ;) {
      const response = await request(`${url}?live=long-poll&offset=${offset}`, { signal });
      const text = await response.body.text();
      offset = String(response.headers["stream-next-offset"]);
      if (response.statusCode === 200)
        for (const item of JSON.parse(text) as unknown[]) onItem(item);
    }
  };
  run().catch(() => undefined);
  return () => {
    controller.abort();
  };
}

/** Measures the time from the start of an append until its item is read; p50 and p99 in milliseconds. */
export async function tailLatency(base: string, mode: Mode, samples: number): Promise<Latency[]> {
  const times = new Map<string, number[]>();
  for (let block = -warmUps; block < blocks; block++) {
    for (const [name, tail] of tails) {
      const url = await newStream(base, contentType);
      let received: (() => void) | undefined;
      const stop = await tail(url, mode, () => received?.());
      for (let n = -10; n < samples / blocks; n++) {
        const arrival = new Promise<void>((resolve) => (received = resolve));
        const start = performance.now();
        const sent = request(url, {
          ...{
            method: "POST",
            headers: { "content-type": contentType },
            body: `[{"n":${String(n)}}]`,
          },
        });
        await arrival;
        const elapsed = performance.now() - start;
        await (await sent).body.dump();
        if (block >= 0 && n >= 0) addTo(times, name, elapsed);
      }
      stop();
    }
  }
  return summarize(times);
}

export interface Latency {
  name: string;
  p50: number;
  p99: number;
}

/** Measures single operations, one after the other. */
export async function operationLatency(
  operations: readonly (readonly [string, () => Promise<unknown>])[],
  samples: number,
): Promise<Latency[]> {
  const times = new Map<string, number[]>();
  for (let block = -warmUps; block < blocks; block++) {
    for (const [name, operation] of operations) {
      for (let n = -10; n < samples / blocks; n++) {
        const start = performance.now();
        await operation();
        const elapsed = performance.now() - start;
        if (block >= 0 && n >= 0) addTo(times, name, elapsed);
      }
    }
  }
  return summarize(times);
}

function addTo(times: Map<string, number[]>, name: string, elapsed: number): void {
  const list = times.get(name) ?? [];
  list.push(elapsed);
  times.set(name, list);
}

function summarize(times: Map<string, number[]>): Latency[] {
  return [...times].map(([name, list]) => ({
    name,
    p50: percentile(list, 50),
    p99: percentile(list, 99),
  }));
}
