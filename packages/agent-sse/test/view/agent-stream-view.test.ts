import { expect, test, vi } from "vitest";
import type { AgentEvent } from "@freshet/core";
import type { AgentStreamItem, AgentTranscript } from "../../src/index.ts";
import { AgentStreamView, type AgentStreamViewOptions } from "../../src/view/react.ts";
import {
  agentEvent,
  agentStreamResponse,
  emptyTranscript,
  reduceAgentEvents,
} from "../../src/index.ts";
import { scheduleFrame } from "../../src/view/schedule-frame.ts";
import { Feed } from "../support/feed.ts";

/** A view over a feed for each connection, whose frames come when the test says so. */
function open<S extends object = AgentTranscript>(
  options: AgentStreamViewOptions<AgentEvent, S> = {},
) {
  const feeds: Feed<AgentStreamItem>[] = [];
  const asked: (string | null)[] = [];
  const updates: (() => void)[] = [];
  const asIs: AgentStreamViewOptions<AgentEvent, S> = {
    fetch: (_, { headers, signal }) => {
      asked.push(new Headers(headers).get("last-event-id"));
      const feed = new Feed<AgentStreamItem>();
      feeds.push(feed);
      return Promise.resolve(agentStreamResponse(feed, { signal: signal ?? undefined }));
    },
    schedule: (update) => {
      updates.push(update);
      return () => updates.splice(updates.indexOf(update), 1);
    },
    ...options,
  };
  const view = new AgentStreamView("https://example.com/events", asIs);
  const frame = async () => {
    await settle();
    for (const update of updates.splice(0)) update();
  };
  return { view, feeds, asked, frame, updates };
}

async function settle() {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve));
}

const token = (text: string, id?: string) => ({ event: agentEvent.token(text), id });

test("the snapshot changes with a frame, once for all that came, and then the watchers are told", async () => {
  const { view, feeds, frame } = open();
  const watcher = vi.fn();
  view.subscribe(watcher);
  await frame();
  expect(view.getSnapshot()).toMatchObject({ status: "open", text: "" });
  const before = view.getSnapshot();
  watcher.mockClear();
  for (const text of ["a", "b", "c"]) feeds[0]?.push(token(text));
  await settle();
  expect(view.getSnapshot()).toBe(before);
  expect(watcher).not.toHaveBeenCalled();
  await frame();
  expect(view.getSnapshot()).toMatchObject({ text: "abc" });
  expect(watcher).toHaveBeenCalledOnce();
  feeds[0]?.push({ event: agentEvent.done() });
  await frame();
  expect(view.getSnapshot()).toMatchObject({ text: "abc", status: "done", done: { type: "done" } });
});

test("connects for the first watcher, and lets go after the last", async () => {
  const { view, feeds, asked } = open();
  await settle();
  expect(asked).toHaveLength(0);
  const first = view.subscribe(() => undefined);
  const second = view.subscribe(() => undefined);
  await settle();
  expect(asked).toHaveLength(1);
  first();
  await settle();
  expect(feeds[0]?.returned).toBe(0);
  second();
  await settle();
  expect(feeds[0]?.returned).toBe(1);
  expect(view.getSnapshot().status).toBe("idle");
});

test("a watcher that goes and comes at once costs no second request", async () => {
  const { view, asked } = open();
  view.subscribe(() => undefined)();
  view.subscribe(() => undefined)();
  view.subscribe(() => undefined);
  await settle();
  expect(asked).toHaveLength(1);
});

test("goes on where it was when it is watched again", async () => {
  const { view, feeds, asked, frame } = open();
  const leave = view.subscribe(() => undefined);
  await frame();
  feeds[0]?.push(token("a", "1"));
  feeds[0]?.push(token("b", "2"));
  await settle();
  leave();
  await settle();
  expect(view.getSnapshot()).toMatchObject({ text: "ab", lastEventId: "2" });
  view.subscribe(() => undefined);
  await frame();
  expect(asked).toEqual([null, "2"]);
  feeds[1]?.push(token("c", "3"));
  await frame();
  expect(view.getSnapshot().text).toBe("abc");
});

test("stop ends it; resume goes on where it was", async () => {
  const { view, feeds, asked, frame } = open();
  const leave = view.subscribe(() => undefined);
  await frame();
  feeds[0]?.push(token("a", "1"));
  await settle();
  view.resume();
  view.stop();
  view.stop();
  await frame();
  expect(view.getSnapshot()).toMatchObject({
    status: "stopped",
    text: "a",
    streamError: undefined,
  });
  expect(feeds[0]?.returned).toBe(1);
  leave();
  view.subscribe(() => undefined);
  await settle();
  expect(asked).toEqual([null]);
  view.resume();
  await frame();
  expect(asked).toEqual([null, "1"]);
  feeds[1]?.push(token("b", "2"));
  feeds[1]?.push({ event: agentEvent.done(), id: "3" });
  await frame();
  expect(view.getSnapshot()).toMatchObject({ status: "done", text: "ab" });
  view.resume();
  await frame();
  feeds[2]?.push(token("next answer", "4"));
  await frame();
  expect(asked).toEqual([null, "1", "3"]);
  expect(view.getSnapshot()).toMatchObject({ status: "open", text: "next answer" });
  view.stop();
});

test("a failure is shown with its error, and what came before it", async () => {
  const { view, frame } = open({
    fetch: () => Promise.resolve(new Response("no", { status: 404 })),
  });
  view.subscribe(() => undefined);
  await frame();
  expect(view.getSnapshot()).toMatchObject({
    ...{ status: "failed", streamError: { code: "UNEXPECTED_STATUS", status: 404 } },
  });
});

test("a lost connection is shown while it lasts", async () => {
  let answer = (): Promise<Response> => Promise.reject(new TypeError("offline"));
  const { view, frame } = open({
    fetch: () => answer(),
    retry: { initialDelayMs: 50, maxDelayMs: 50, jitter: 0 },
  });
  view.subscribe(() => undefined);
  await frame();
  expect(view.getSnapshot()).toMatchObject({
    ...{ status: "waiting", streamError: new TypeError("offline") },
  });
  answer = () => Promise.resolve(agentStreamResponse([agentEvent.done()]));
  await vi.waitFor(async () => {
    await frame();
    expect(view.getSnapshot()).toMatchObject({ status: "done", streamError: undefined });
  });
});

test("begins with what was rendered elsewhere", async () => {
  const { view: first, feeds, frame } = open();
  const leave = first.subscribe(() => undefined);
  await frame();
  feeds[0]?.push(token("a", "1"));
  await settle();
  leave();
  await settle();
  const { lastEventId, ...initialState } = first.getSnapshot();
  const second = open({ initialState, lastEventId });
  expect(second.view.getSnapshot()).toMatchObject({ text: "a", status: "idle" });
  second.view.subscribe(() => undefined);
  await settle();
  expect(second.asked).toEqual(["1"]);
});

test("onEvent hears every event at once; new options are used from then on", async () => {
  const heard: string[] = [];
  const { view, feeds } = open({ onEvent: ({ event }) => heard.push(`first ${event.type}`) });
  view.subscribe(() => undefined);
  await settle();
  feeds[0]?.push(token("a"));
  await settle();
  view.setOptions({ onEvent: ({ event }) => heard.push(`second ${event.type}`) });
  feeds[0]?.push({ event: { type: "mine" } });
  await settle();
  expect(heard).toEqual(["first token", "second mine"]);
  view.stop();
});

test("a state of one's own is made by a reducer", async () => {
  interface Conversation {
    answers: AgentTranscript[];
    ids: (string | undefined)[];
  }
  const { view, feeds, frame } = open({
    until: "closed",
    initialState: (): Conversation => ({ answers: [], ids: [] }),
    reducer: ({ answers, ids }, event, id) => {
      const last = answers.at(-1);
      const isNew = !last || last.done !== undefined;
      const answer = reduceAgentEvents(isNew ? emptyTranscript : last, event);
      return { answers: [...(isNew ? answers : answers.slice(0, -1)), answer], ids: [...ids, id] };
    },
  });
  expect(view.getSnapshot()).toMatchObject({ answers: [], ids: [], status: "idle" });
  view.subscribe(() => undefined);
  await frame();
  feeds[0]?.push(token("one", "1"));
  feeds[0]?.push({ event: agentEvent.done(), id: "2" });
  feeds[0]?.push(token("two", "3"));
  await frame();
  const { answers, ids, status, lastEventId } = view.getSnapshot();
  expect(answers.map(({ text }) => text)).toEqual(["one", "two"]);
  expect({ ids, status, lastEventId }).toEqual({
    ...{ ids: ["1", "2", "3"], status: "open", lastEventId: "3" },
  });
  view.stop();
});

test("a stream without ids comes from its start after a cut, and is not shown twice", async () => {
  let cut = () => undefined as unknown;
  let connections = 0;
  const { view, frame } = open({
    fetch: () => {
      const first = ++connections === 1;
      const body = new ReadableStream<string>({
        start: (controller) => {
          controller.enqueue('event: token\ndata: {"text":"a"}\n\n');
          if (!first) controller.enqueue('event: token\ndata: {"text":"b"}\n\n');
          cut = () => controller.close();
        },
      }).pipeThrough(new TextEncoderStream());
      return Promise.resolve(
        new Response(body, { headers: { "content-type": "text/event-stream" } }),
      );
    },
    retry: { initialDelayMs: 0 },
  });
  view.subscribe(() => undefined);
  await frame();
  expect(view.getSnapshot()).toMatchObject({ text: "a", reconnects: 0 });
  cut();
  await vi.waitFor(async () => {
    await frame();
    expect(view.getSnapshot()).toMatchObject({ text: "ab", reconnects: 1 });
  });
  view.stop();
});

test("a request that is made again has the headers and the fetch of the newest options", async () => {
  const asked: string[] = [];
  const options = (name: string): AgentStreamViewOptions => ({
    headers: { authorization: name },
    fetch: (_, { headers }) => {
      asked.push(`${name} ${new Headers(headers).get("authorization") ?? ""}`);
      return Promise.reject(new TypeError("offline"));
    },
    retry: { initialDelayMs: 50, jitter: 0 },
  });
  const { view } = open(options("old"));
  view.subscribe(() => undefined);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  view.setOptions(options("new"));
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(asked).toEqual(["old old", "new new"]);
  view.stop();
});

test("events that come all at once leave room for other tasks", async () => {
  const count = 20_000;
  let taken = 0;
  let takenBefore: number | undefined;
  const { view, frame } = open({
    fetch: () =>
      Promise.resolve(
        agentStreamResponse([
          ...Array.from({ length: count }, () => agentEvent.token("a")),
          agentEvent.done(),
        ]),
      ),
    onEvent: () => {
      if (taken++ === 0) setTimeout(() => (takenBefore = taken));
    },
  });
  view.subscribe(() => undefined);
  await vi.waitFor(async () => {
    await frame();
    expect(view.getSnapshot()).toMatchObject({ status: "done", text: "a".repeat(count) });
  });
  expect(takenBefore).toBeLessThan(count);
});

test("an update can be cancelled, and comes without frames too", async () => {
  const update = vi.fn();
  scheduleFrame(update)();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(update).not.toHaveBeenCalled();
  await new Promise<void>((resolve) => scheduleFrame(resolve));
});

test("a page that is hidden, and so has no frames, is updated all the same", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", () => 1);
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  try {
    const update = vi.fn();
    scheduleFrame(update);
    await vi.advanceTimersByTimeAsync(1000);
    expect(update).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  }
});
