import { StrictMode, createElement, useState, type ReactNode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import {
  agentEvent,
  agentStreamResponse,
  defineEvents,
  emptyTranscript,
  type AgentStreamItem,
} from "../../src/index.ts";
import {
  AgentStreamView,
  useAgentStream,
  type AgentStreamViewOptions,
} from "../../src/view/react.ts";
import { Feed } from "../support/feed.ts";

let container: HTMLElement;
let root: Root | undefined;
beforeEach(() => {
  container = document.body.appendChild(document.createElement("div"));
});
afterEach(() => {
  root?.unmount();
  root = undefined;
  container.remove();
});

function render(node: ReactNode) {
  root ??= createRoot(container);
  root.render(node);
}

/** A server with a feed for each connection. */
function server() {
  const feeds: Feed<AgentStreamItem>[] = [];
  const requests: { url: string; lastEventId: string | null }[] = [];
  const fetch = (input: string | URL, { headers, signal }: RequestInit = {}) => {
    requests.push({ url: String(input), lastEventId: new Headers(headers).get("last-event-id") });
    const feed = new Feed<AgentStreamItem>();
    feeds.push(feed);
    return Promise.resolve(agentStreamResponse(feed, { signal: signal ?? undefined }));
  };
  return { feeds, requests, fetch };
}

interface TurnProps {
  source: string | URL | AgentStreamView | null;
  options?: AgentStreamViewOptions;
  onRender?: () => void;
}

function Turn({ source, options, onRender }: TurnProps) {
  const { text, status, stop, streamError } = useAgentStream(source, options);
  onRender?.();
  return createElement(
    "section",
    null,
    createElement("p", null, `${status}: ${text}`),
    createElement("button", { onClick: stop }, "stop"),
    streamError instanceof Error ? createElement("i", null, streamError.message) : null,
  );
}

const shows = (text: string) =>
  vi.waitFor(() => expect(container.querySelector("p")?.textContent).toBe(text), {
    timeout: 15_000,
  });
const token = (text: string, id?: string) => ({ event: agentEvent.token(text), id });

test("useAgentStream renders a turn while it streams, with one request in StrictMode", async () => {
  const { fetch, feeds, requests } = server();
  const turn = createElement(Turn, { source: "/a", options: { fetch } });
  render(createElement(StrictMode, null, turn));
  await shows("open: ");
  feeds[0]?.push(token("Hel"));
  await shows("open: Hel");
  feeds[0]?.push(token("lo"));
  feeds[0]?.push({ event: agentEvent.done() });
  await shows("done: Hello");
  expect(requests).toEqual([{ url: "/a", lastEventId: null }]);
});

test("useAgentStream renders 10,000 tokens at full speed at most once per frame, and loses none", async () => {
  let frames = 0;
  let counting = true;
  const count = () => {
    frames++;
    if (counting) requestAnimationFrame(count);
  };
  const texts = Array.from({ length: 10_000 }, (_, index) => `${index} `);
  const fetch = () =>
    Promise.resolve(agentStreamResponse([...texts.map((text) => token(text)), agentEvent.done()]));
  const onRender = vi.fn();
  requestAnimationFrame(count);
  render(createElement(Turn, { source: "/a", options: { fetch }, onRender }));
  await shows(`done: ${texts.join("")}`);
  counting = false;
  // The first render, and one for each frame that has passed.
  expect(onRender.mock.calls.length).toBeLessThanOrEqual(frames + 2);
});

test("unmounting the component closes the connection", async () => {
  const { fetch, feeds } = server();
  render(createElement(Turn, { source: "/a", options: { fetch } }));
  await shows("open: ");
  render(null);
  await vi.waitFor(() => expect(feeds[0]?.returned).toBe(1));
});

test("a view continues at its position when its component is mounted again", async () => {
  const { fetch, feeds, requests } = server();
  const view = new AgentStreamView("/a", { fetch });
  const turn = createElement(Turn, { source: view });
  render(turn);
  await shows("open: ");
  feeds[0]?.push(token("a", "1"));
  feeds[0]?.push(token("b", "2"));
  await shows("open: ab");
  render(null);
  await vi.waitFor(() => expect(feeds[0]?.returned).toBe(1));
  render(turn);
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  expect(requests[1]?.lastEventId).toBe("2");
  feeds[1]?.push(token("c", "3"));
  await shows("open: abc");
});

test("pauseWhenHidden closes the connection of a hidden page and continues when it is visible", async () => {
  const { fetch, feeds, requests } = server();
  const setHidden = (hidden: boolean) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  };
  try {
    setHidden(true);
    const options = { fetch, pauseWhenHidden: true };
    render(createElement(Turn, { source: "/a", options }));
    await shows("idle: ");
    setHidden(false);
    await shows("open: ");
    feeds[0]?.push(token("a", "1"));
    await shows("open: a");
    setHidden(true);
    await shows("idle: a");
    expect(feeds[0]?.returned).toBe(1);
    setHidden(false);
    await shows("open: a");
    expect(requests.map(({ lastEventId }) => lastEventId)).toEqual([null, "1"]);
    render(null);
    await vi.waitFor(() => expect(feeds[1]?.returned).toBe(1));
    setHidden(true);
    setHidden(false);
    expect(requests).toHaveLength(2);
  } finally {
    Reflect.deleteProperty(document, "hidden");
  }
});

test("the schema of the events types the state of a reducer", async () => {
  const events = defineEvents({ "order.placed": z.object({ items: z.number() }) });
  const { fetch, feeds } = server();
  function Orders() {
    const { items, resume } = useAgentStream("/a", {
      fetch,
      schema: events,
      initialState: { items: 0 },
      reducer: (state, event) =>
        event.type === "order.placed" ? { items: state.items + event.items } : state,
    });
    return createElement("p", { onClick: resume }, items);
  }
  render(createElement(Orders));
  await vi.waitFor(() => expect(feeds).toHaveLength(1));
  feeds[0]?.push(events.event("order.placed", { items: 2 }));
  feeds[0]?.push(events.event("order.placed", { items: 3 }));
  await shows("5");
});

test("stop of useAgentStream ends the stream and keeps its state", async () => {
  const { fetch, feeds } = server();
  render(createElement(Turn, { source: "/a", options: { fetch } }));
  await shows("open: ");
  feeds[0]?.push(token("a"));
  await shows("open: a");
  container.querySelector("button")?.click();
  await shows("stopped: a");
  expect(feeds[0]?.returned).toBe(1);
});

test("useAgentStream renders a failure", async () => {
  const fetch = () => Promise.resolve(new Response("who are you", { status: 401 }));
  render(createElement(Turn, { source: "/a", options: { fetch } }));
  await shows("failed: ");
  expect(container.querySelector("i")?.textContent).toContain("401");
});

test("another URL restarts useAgentStream and closes the old connection; null means no stream", async () => {
  const { fetch, feeds, requests } = server();
  render(createElement(Turn, { source: "/a", options: { fetch } }));
  await shows("open: ");
  feeds[0]?.push(token("a"));
  await shows("open: a");
  render(createElement(Turn, { source: new URL("/b", location.href), options: { fetch } }));
  await shows("open: ");
  expect(requests.map(({ url }) => new URL(url, location.href).pathname)).toEqual(["/a", "/b"]);
  await vi.waitFor(() => expect(feeds[0]?.returned).toBe(1));
  render(createElement(Turn, { source: null }));
  await shows("idle: ");
  await vi.waitFor(() => expect(feeds[1]?.returned).toBe(1));
});

test("callbacks of useAgentStream may change with every render and may set state", async () => {
  const events = defineEvents({ "order.placed": z.object({ items: z.number() }) });
  const { fetch, feeds } = server();
  function Orders() {
    const [items, setItems] = useState(0);
    useAgentStream("/a", {
      fetch,
      schema: events,
      onEvent: ({ event }) => {
        if (event.type === "order.placed") setItems(items + event.items);
      },
    });
    return createElement("p", null, items);
  }
  render(createElement(Orders));
  await vi.waitFor(() => expect(feeds).toHaveLength(1));
  feeds[0]?.push(events.event("order.placed", { items: 2 }));
  await shows("2");
  feeds[0]?.push(events.event("order.placed", { items: 3 }));
  await shows("5");
});

test("useAgentStream continues from the state that the server rendered", async () => {
  const { fetch, feeds, requests } = server();
  const initialState = { ...emptyTranscript, text: "so far" };
  const options = { fetch, initialState, lastEventId: "4" };
  container.innerHTML = "<section><p>idle: so far</p><button>stop</button></section>";
  const onRecoverableError = vi.fn();
  root = hydrateRoot(container, createElement(Turn, { source: "/a", options }), {
    onRecoverableError,
  });
  await shows("open: so far");
  expect(onRecoverableError).not.toHaveBeenCalled();
  expect(requests).toEqual([{ url: "/a", lastEventId: "4" }]);
  feeds[0]?.push(token(", and on"));
  await shows("open: so far, and on");
});
