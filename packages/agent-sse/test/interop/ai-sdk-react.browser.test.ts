import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { uiMessageResponse } from "../../src/interop/ai-sdk.ts";
import { MemoryEventStore, agentEvent } from "../../src/index.ts";

let container: HTMLElement;
let root: Root;
beforeEach(() => {
  container = document.body.appendChild(document.createElement("div"));
  root = createRoot(container);
});
afterEach(() => {
  root.unmount();
  container.remove();
});

/** A server that keeps the events of a turn, as one over durable streams does. */
function server() {
  const store = new MemoryEventStore();
  const requests: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href);
    requests.push(`${init?.method ?? "GET"} ${pathname}`);
    const events = await store.readAfter("chat", undefined);
    if (events.isAtEnd) return new Response(null, { status: 204 });
    return uiMessageResponse(events, { messageId: "reply" });
  };
  return { store, requests, fetch };
}

function Chat({ fetch, resume }: { fetch: typeof globalThis.fetch; resume: boolean }) {
  const transport = new DefaultChatTransport({ api: "/chat", fetch });
  const { messages, sendMessage, status } = useChat({ id: "c1", transport, resume });
  const texts = messages.map(({ role, parts }) => {
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    return `${role}: ${text}`;
  });
  return createElement(
    "div",
    null,
    createElement("p", null, [...texts, status].join(" | ")),
    createElement("button", { onClick: () => void sendMessage({ text: "Hi" }) }, "send"),
  );
}

const shows = (text: string) =>
  vi.waitFor(() => expect(container.querySelector("p")?.textContent).toBe(text), {
    timeout: 15_000,
  });

test("useChat renders a turn while it streams, and a reload resumes the whole turn", async () => {
  const { store, requests, fetch } = server();
  root.render(createElement(Chat, { key: "first", fetch, resume: false }));
  await shows("ready");
  container.querySelector("button")?.click();
  await store.append("chat", agentEvent.token("Hel"));
  await shows("user: Hi | assistant: Hel | streaming");
  // A reload: the message on the screen is gone, the turn continues.
  root.render(createElement(Chat, { key: "second", fetch, resume: true }));
  await shows("assistant: Hel | streaming");
  await store.append("chat", agentEvent.token("lo."), agentEvent.done());
  await store.close("chat");
  await shows("assistant: Hello. | ready");
  expect(requests).toEqual(["POST /chat", "GET /chat/c1/stream"]);
});

test("useChat reports no error when there is nothing to resume", async () => {
  const { store, requests, fetch } = server();
  await store.close("chat");
  root.render(createElement(Chat, { fetch, resume: true }));
  await vi.waitFor(() => expect(requests).toEqual(["GET /chat/c1/stream"]));
  await shows("ready");
});
