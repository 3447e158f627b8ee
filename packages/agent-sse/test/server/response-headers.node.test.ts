import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import {
  agentEvent,
  agentStreamResponse,
  MemoryEventStore,
  resumableResponse,
} from "../../src/index.ts";
import { agUiResponse } from "../../src/interop/ag-ui.ts";
import { uiMessageResponse } from "../../src/interop/ai-sdk.ts";
import { streamAgent } from "../../src/interop/hono.ts";

type Init = NonNullable<ResponseInit["headers"]>;

async function stored(headers: Init, lastEventId?: "first" | "last" | "unknown") {
  const store = new MemoryEventStore({ maxEvents: 1 });
  const first = await store.append("s", agentEvent.token("a"));
  await store.append("s", agentEvent.token("b"), agentEvent.token("c"));
  const last = await store.append("s", agentEvent.done());
  await store.close("s");
  const ids = { first, last, unknown: "x" };
  const init = lastEventId ? { headers: { "last-event-id": ids[lastEventId] } } : {};
  return resumableResponse(new Request("https://example.com/", init), store, "s", { headers });
}

const events = [agentEvent.done()];
const responses: Record<
  string,
  { status: number; make: (headers: Init) => Response | Promise<Response> }
> = {
  agentStreamResponse: { status: 200, make: (headers) => agentStreamResponse(events, { headers }) },
  uiMessageResponse: { status: 200, make: (headers) => uiMessageResponse(events, { headers }) },
  agUiResponse: {
    status: 200,
    make: (headers) => agUiResponse(events, { threadId: "t", runId: "r", headers }),
  },
  streamAgent: {
    status: 200,
    make: (headers) => {
      const app = new Hono().get("/", (c) => streamAgent(c, events, { headers }));
      return app.request("/");
    },
  },
  "headers on the context of streamAgent": {
    status: 200,
    make: (headers) => {
      const app = new Hono().get("/", (c) => {
        for (const [name, value] of new Headers(headers)) c.header(name, value, { append: true });
        return streamAgent(c, events);
      });
      return app.request("/");
    },
  },
  "resumableResponse at the end": { status: 204, make: (headers) => stored(headers, "last") },
  "resumableResponse of an expired id": {
    status: 410,
    make: (headers) => stored(headers, "first"),
  },
  "resumableResponse of an unknown id": {
    status: 400,
    make: (headers) => stored(headers, "unknown"),
  },
};

const itemsOf = (value: string | null) => (value ?? "").split(",").map((item) => item.trim());

describe.each(Object.entries(responses))("%s", (_, { status, make }) => {
  test("is kept by no cache and changed by no proxy", async () => {
    const response = await make({});
    expect(response.status).toBe(status);
    expect(itemsOf(response.headers.get("cache-control"))).toEqual(["no-store", "no-transform"]);
    expect(itemsOf(response.headers.get("vary"))).toEqual(["Last-Event-ID"]);
  });

  test("keeps own headers and adds what they lack", async () => {
    const headers: [string, string][] = [
      ["cache-control", "private, no-store"],
      ["vary", "Origin"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x-mine", "1"],
    ];
    const response = await make(headers);
    const cacheControl = itemsOf(response.headers.get("cache-control"));
    expect(cacheControl).toEqual(["private", "no-store", "no-transform"]);
    expect(itemsOf(response.headers.get("vary"))).toEqual(["Origin", "Last-Event-ID"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-mine")).toBe("1");
  });
});
