import { DurableStreamTestServer } from "@durable-streams/server";
import { agentEvent } from "@freshet/agent-sse";
import type { AgentEvent } from "@freshet/core";
import { DurableStream, StaleEpochError, stream } from "@freshet/durable-streams-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runWorker } from "../../src/agent/worker.ts";
import type { TurnRequest } from "../../src/streams/commands.ts";
import { streamUrls, type StreamUrls } from "../../src/streams/stream-urls.ts";

let server: DurableStreamTestServer;
let urls: StreamUrls;
const stopping = new AbortController();
const contentType = "application/json";
const turn: TurnRequest = {
  kind: "turn",
  agentId: "a",
  turnId: "t",
  prompt: "How are you?",
  at: 0,
};

beforeEach(async () => {
  server = new DurableStreamTestServer({ port: 0 });
  urls = streamUrls(await server.start(), "test");
  for (const url of [urls.turns, urls.workers, urls.agent("a")]) {
    await DurableStream.create({ url, contentType });
  }
  await new DurableStream({ url: urls.turns, contentType }).append(turn);
});

afterEach(async () => {
  stopping.abort();
  await server.stop();
});

async function* fine(): AsyncGenerator<AgentEvent> {
  await Promise.resolve();
  yield agentEvent.token("Fine.");
  yield agentEvent.done({});
}

async function eventsUntil(isLast: (event: AgentEvent, index: number) => boolean) {
  const events: AgentEvent[] = [];
  const all = await stream<AgentEvent>(urls.agent("a"));
  for await (const event of all.iterJson()) {
    events.push(event);
    if (isLast(event, events.length)) break;
  }
  return events;
}

test("a worker runs a turn that was requested before it started", async () => {
  const { signal } = stopping;
  const working = runWorker({ urls, runTurn: fine, signal });
  const events = await eventsUntil(({ type }) => type === "done");
  expect(events).toEqual([
    { type: "prompt", turn_id: "t", text: "How are you?" },
    agentEvent.token("Fine."),
    { ...agentEvent.done({}), turn_id: "t" },
  ]);
  const reason = new Error("enough");
  stopping.abort(reason);
  await expect(working).rejects.toBe(reason);
});

test("a new worker fences the old one off, closes its turn with an error, and runs it again", async () => {
  const { signal } = new AbortController();
  let resume: (() => void) | undefined;
  const paused = new Promise<void>((resolve) => (resume = resolve));
  const old = runWorker({
    urls,
    signal,
    runTurn: async function* () {
      yield agentEvent.token("Well");
      await paused;
      yield agentEvent.token(", thank you.");
      yield agentEvent.done({});
    },
  });
  await eventsUntil(({ type }) => type === "token");

  const replacement = new AbortController();
  const finished = runWorker({ urls, runTurn: fine, signal: replacement.signal });
  await eventsUntil((event) => event.type === "done" && !("interrupted" in event));

  const fenced = expect(old).rejects.toBeInstanceOf(StaleEpochError);
  resume?.();
  await fenced;
  const all = await stream<AgentEvent>(urls.agent("a"), { live: false });
  const events = await all.readJson();
  expect(events.map(({ type }) => type)).toEqual(
    // the old worker's events; the error of the new worker; its own attempt
    ["prompt", "token", "error", "done", "prompt", "token", "done"],
  );
  expect(events[2]).toMatchObject({ error_type: "interrupted" });
  expect(events[3]).toMatchObject({ turn_id: "t", interrupted: true });
  replacement.abort();
  await expect(finished).rejects.toThrow();
});

test("a worker does not run a complete turn again", async () => {
  const first = new AbortController();
  const working = runWorker({ urls, runTurn: fine, signal: first.signal });
  const before = await eventsUntil(({ type }) => type === "done");
  first.abort();
  await expect(working).rejects.toThrow();

  const second = new AbortController();
  const again = runWorker({ urls, runTurn: fine, signal: second.signal });
  const next = { ...turn, turnId: "u" };
  await new DurableStream({ url: urls.turns, contentType }).append(next);
  const events = await eventsUntil((_event, count) => count === 2 * before.length);
  expect(events.slice(before.length)[0]).toMatchObject({ type: "prompt", turn_id: "u" });
  second.abort();
  await expect(again).rejects.toThrow();
});
