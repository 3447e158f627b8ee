import { describe, expect, test, vi } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  batchTokens,
  connectAgentStream,
  readAgentEvents,
} from "../src/index.ts";
import { AgentStreamView } from "../src/view/react.ts";
import { Feed } from "./support/feed.ts";

const { asyncDispose } = Symbol as unknown as { asyncDispose?: symbol };

function dispose(resource: object): Promise<void> | undefined {
  return (resource as Record<symbol, () => Promise<void>>)[asyncDispose ?? Symbol()]?.();
}

/** A source with one event, which then waits. */
function waitingFeed() {
  const feed = new Feed<ReturnType<typeof agentEvent.token>>();
  feed.push(agentEvent.token("Hi"));
  return feed;
}

describe.runIf(asyncDispose)("disposal", () => {
  test("of readAgentEvents cancels its response", async () => {
    const feed = waitingFeed();
    const events = readAgentEvents(agentStreamResponse(feed));
    await events.next();
    await dispose(events);
    expect(feed.returned).toBe(1);
  });

  test("of readAgentEvents cancels its response when it is read in batches", async () => {
    const feed = waitingFeed();
    const events = readAgentEvents(agentStreamResponse(feed));
    await events.batches().next();
    await dispose(events);
    expect(feed.returned).toBe(1);
  });

  test("of the batches of readAgentEvents cancels its response", async () => {
    const feed = waitingFeed();
    const batches = readAgentEvents(agentStreamResponse(feed)).batches();
    await batches.next();
    await dispose(batches);
    expect(feed.returned).toBe(1);
  });

  test("of connectAgentStream closes its connection, also while a read waits", async () => {
    const feed = waitingFeed();
    const events = connectAgentStream("https://example.com/", {
      fetch: () => Promise.resolve(agentStreamResponse(feed)),
    });
    await events.next();
    const waiting = events.next();
    await dispose(events);
    expect(await waiting).toEqual({ done: true, value: undefined });
    await vi.waitFor(() => expect(feed.returned).toBe(1));
  });

  test("of batchTokens stops its source", async () => {
    const feed = waitingFeed();
    const events = batchTokens(feed, { intervalMs: 0 });
    await events.next();
    await dispose(events);
    expect(feed.returned).toBe(1);
  });

  test("of an AgentStreamView stops it, shows that, and closes its connection", async () => {
    const feed = waitingFeed();
    const cancelUpdate = vi.fn();
    const onChange = vi.fn();
    const view = new AgentStreamView("https://example.com/", {
      fetch: () => Promise.resolve(agentStreamResponse(feed)),
      schedule: () => cancelUpdate,
    });
    view.subscribe(onChange);
    await vi.waitFor(() => expect(feed.pulled).toBe(2));
    await dispose(view);
    expect(cancelUpdate).toHaveBeenCalled();
    expect(onChange).toHaveBeenCalledOnce();
    expect(view.getSnapshot().status).toBe("stopped");
    await vi.waitFor(() => expect(feed.returned).toBe(1));
  });
});
