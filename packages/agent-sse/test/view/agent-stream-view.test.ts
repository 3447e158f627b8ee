import { describe, expect, test, vi } from "vitest";
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
  const requests: (string | null)[] = [];
  const updates: (() => void)[] = [];
  const asIs: AgentStreamViewOptions<AgentEvent, S> = {
    fetch: (_, { headers, signal } = {}) => {
      requests.push(new Headers(headers).get("last-event-id"));
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
  return { view, feeds, requests, frame, updates };
}

async function settle() {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve));
}

const token = (text: string, id?: string) => ({ event: agentEvent.token(text), id });

test("AgentStreamView changes its snapshot once per frame and then calls its subscribers", async () => {
  const { view, feeds, frame } = open();
  const onChange = vi.fn();
  view.subscribe(onChange);
  await frame();
  expect(view.getSnapshot()).toMatchObject({ status: "open", text: "" });
  const before = view.getSnapshot();
  onChange.mockClear();
  for (const text of ["a", "b", "c"]) feeds[0]?.push(token(text));
  await settle();
  expect(view.getSnapshot()).toBe(before);
  expect(onChange).not.toHaveBeenCalled();
  await frame();
  expect(view.getSnapshot()).toMatchObject({ text: "abc" });
  expect(onChange).toHaveBeenCalledOnce();
  feeds[0]?.push({ event: agentEvent.done() });
  await frame();
  expect(view.getSnapshot()).toMatchObject({ text: "abc", status: "done", done: { type: "done" } });
});

test("AgentStreamView connects for the first subscriber and disconnects after the last", async () => {
  const { view, feeds, requests } = open();
  await settle();
  expect(requests).toHaveLength(0);
  const first = view.subscribe(() => undefined);
  const second = view.subscribe(() => undefined);
  await settle();
  expect(requests).toHaveLength(1);
  first();
  await settle();
  expect(feeds[0]?.returned).toBe(0);
  second();
  await settle();
  expect(feeds[0]?.returned).toBe(1);
  expect(view.getSnapshot().status).toBe("idle");
});

test("a subscriber that leaves and returns in the same task costs no second request", async () => {
  const { view, requests } = open();
  view.subscribe(() => undefined)();
  view.subscribe(() => undefined)();
  view.subscribe(() => undefined);
  await settle();
  expect(requests).toHaveLength(1);
});

test("AgentStreamView continues where it was when it has a subscriber again", async () => {
  const { view, feeds, requests, frame } = open();
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
  expect(requests).toEqual([null, "2"]);
  feeds[1]?.push(token("c", "3"));
  await frame();
  expect(view.getSnapshot().text).toBe("abc");
});

test("stop ends an AgentStreamView, and resume continues where it was", async () => {
  const { view, feeds, requests, frame } = open();
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
  expect(requests).toEqual([null]);
  view.resume();
  await frame();
  expect(requests).toEqual([null, "1"]);
  feeds[1]?.push(token("b", "2"));
  feeds[1]?.push({ event: agentEvent.done(), id: "3" });
  await frame();
  expect(view.getSnapshot()).toMatchObject({ status: "done", text: "ab" });
  view.resume();
  await frame();
  feeds[2]?.push({ event: agentEvent.turn(1), id: "4" });
  feeds[2]?.push(token("next turn", "5"));
  await frame();
  expect(requests).toEqual([null, "1", "3"]);
  expect(view.getSnapshot()).toMatchObject({ status: "open", text: "next turn" });
  view.stop();
});

test("an AgentStreamView shows a failure with its error and the state before it", async () => {
  const { view, frame } = open({
    fetch: () => Promise.resolve(new Response("no", { status: 404 })),
  });
  view.subscribe(() => undefined);
  await frame();
  expect(view.getSnapshot()).toMatchObject({
    ...{ status: "failed", streamError: { code: "UNEXPECTED_STATUS", status: 404 } },
  });
});

test("an AgentStreamView shows that it waits to reconnect", async () => {
  let respond = (): Promise<Response> => Promise.reject(new TypeError("offline"));
  const { view, frame } = open({
    fetch: () => respond(),
    retry: { initialDelayMs: 50, maxDelayMs: 50, jitter: 0 },
  });
  view.subscribe(() => undefined);
  await frame();
  expect(view.getSnapshot()).toMatchObject({
    ...{ status: "waiting", streamError: new TypeError("offline") },
  });
  respond = () => Promise.resolve(agentStreamResponse([agentEvent.done()]));
  await vi.waitFor(async () => {
    await frame();
    expect(view.getSnapshot()).toMatchObject({ status: "done", streamError: undefined });
  });
});

test("AgentStreamView starts from a state that was rendered elsewhere", async () => {
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
  expect(second.requests).toEqual(["1"]);
});

test("onEvent gets every event immediately, and new options apply from then on", async () => {
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

test("a reducer makes a custom state of an AgentStreamView", async () => {
  interface Conversation {
    turns: AgentTranscript[];
    ids: (string | undefined)[];
  }
  const { view, feeds, frame } = open({
    until: "closed",
    initialState: (): Conversation => ({ turns: [], ids: [] }),
    reducer: ({ turns, ids }, event, id) => {
      const last = turns.at(-1);
      const isNew = !last || last.done !== undefined;
      const turn = reduceAgentEvents(isNew ? emptyTranscript : last, event);
      return { turns: [...(isNew ? turns : turns.slice(0, -1)), turn], ids: [...ids, id] };
    },
  });
  expect(view.getSnapshot()).toMatchObject({ turns: [], ids: [], status: "idle" });
  view.subscribe(() => undefined);
  await frame();
  feeds[0]?.push(token("one", "1"));
  feeds[0]?.push({ event: agentEvent.done(), id: "2" });
  feeds[0]?.push(token("two", "3"));
  await frame();
  const { turns, ids, status, lastEventId } = view.getSnapshot();
  expect(turns.map(({ text }) => text)).toEqual(["one", "two"]);
  expect({ ids, status, lastEventId }).toEqual({
    ...{ ids: ["1", "2", "3"], status: "open", lastEventId: "3" },
  });
  view.stop();
});

test("a stream without ids restarts after a cut and is not shown twice", async () => {
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
    retry: { initialDelayMs: 1 },
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

test("a repeated request uses the headers and the fetch of the latest options", async () => {
  const requests: string[] = [];
  const options = (name: string): AgentStreamViewOptions => ({
    headers: { authorization: name },
    fetch: (_, { headers } = {}) => {
      requests.push(`${name} ${new Headers(headers).get("authorization") ?? ""}`);
      return Promise.reject(new TypeError("offline"));
    },
    retry: { initialDelayMs: 50, jitter: 0 },
  });
  const { view } = open(options("old"));
  view.subscribe(() => undefined);
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  view.setOptions(options("new"));
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  expect(requests).toEqual(["old old", "new new"]);
  view.stop();
});

test("a burst of events leaves room for other tasks", async () => {
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
  }, 20_000);
  expect(takenBefore).toBeLessThan(count);
});

test("scheduleFrame can be cancelled, and works without animation frames", async () => {
  const update = vi.fn();
  scheduleFrame(update)();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(update).not.toHaveBeenCalled();
  await new Promise<void>((resolve) => scheduleFrame(resolve));
});

test("scheduleFrame updates a hidden page, which has no frames", async () => {
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

test("AgentStreamView is empty, not done, when its stream has no events yet, and can ask again", async () => {
  const responses = [new Response(null, { status: 204 }), agentStreamResponse([agentEvent.done()])];
  const fetch = () => Promise.resolve(responses.shift() ?? Response.error());
  const { view, frame } = open({ fetch });
  view.subscribe(() => undefined);
  await frame();
  expect(view.getSnapshot()).toMatchObject({ status: "empty", done: undefined });
  view.resume();
  await frame();
  expect(view.getSnapshot()).toMatchObject({ status: "done", done: { type: "done" } });
});

describe("restart of an AgentStreamView", () => {
  test.each([400, 410])("reads from the start where resume fails with %d", async (status) => {
    const ids: (string | null)[] = [];
    const fetch: AgentStreamViewOptions["fetch"] = (_, { headers } = {}) => {
      const id = new Headers(headers).get("last-event-id");
      ids.push(id);
      const events = [token("new", "10"), { event: agentEvent.done(), id: "11" }];
      return Promise.resolve(
        id === null ? agentStreamResponse(events) : new Response(null, { status }),
      );
    };
    const initialState = () => ({ ...emptyTranscript, text: "old, " });
    const { view, frame } = open({ fetch, lastEventId: "3", initialState });
    view.subscribe(() => undefined);
    await frame();
    expect(view.getSnapshot()).toMatchObject({ status: "failed", streamError: { status } });
    view.resume();
    await frame();
    expect(view.getSnapshot()).toMatchObject({ status: "failed", text: "old, " });
    view.restart();
    await frame();
    expect(view.getSnapshot()).toMatchObject({ status: "done", text: "old, new" });
    expect(ids).toEqual(["3", "3", null]);
  });

  test("replaces an open connection and its state", async () => {
    const { view, feeds, requests, frame } = open();
    view.subscribe(() => undefined);
    await frame();
    feeds[0]?.push(token("a", "1"));
    await frame();
    view.restart();
    await frame();
    expect(feeds[0]?.returned).toBe(1);
    expect(requests).toEqual([null, null]);
    expect(view.getSnapshot()).toMatchObject({ text: "", lastEventId: undefined });
    view.stop();
  });
});

test("Retry-After also holds for a view that loses its subscribers and gets them again", async () => {
  vi.useFakeTimers();
  try {
    let requests = 0;
    const fetch = () => {
      requests++;
      const headers = { "retry-after": "5" };
      return Promise.resolve(new Response(null, { status: 503, headers }));
    };
    const { view } = open({ fetch });
    for (let count = 0; count < 10; count++) {
      const leave = view.subscribe(() => undefined);
      await vi.advanceTimersByTimeAsync(10);
      leave();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(requests).toBe(1);
    view.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(5000);
    expect(requests).toBe(2);
    view.stop();
    await vi.advanceTimersByTimeAsync(10);
  } finally {
    vi.useRealTimers();
  }
});

test("the server's snapshot stays the first one, whatever arrives before the page is hydrated", async () => {
  const { view, feeds, frame } = open();
  const rendered = view.getServerSnapshot();
  view.subscribe(() => undefined);
  await frame();
  feeds[0]?.push(token("a", "1"));
  await frame();
  expect(view.getSnapshot()).toMatchObject({ text: "a", status: "open" });
  expect(view.getServerSnapshot()).toBe(rendered);
  expect(rendered).toMatchObject({ text: "", status: "idle" });
  view.stop();
});
