import { expect, test, vi } from "vitest";
import {
  MemoryEventStore,
  agentEvent,
  connectAgentStream,
  lastEventIdOf,
  readAgentEvents,
  resumableResponse,
} from "../../src/index.ts";

const request = (lastEventId?: string) =>
  new Request("https://example.com/", {
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });

async function stored() {
  const store = new MemoryEventStore({ maxEvents: 4 });
  const first = await store.append("s", agentEvent.token("a"));
  const second = await store.append("s", agentEvent.token("b"));
  const last = await store.append("s", agentEvent.done());
  await store.close("s");
  return { store, first, second, last };
}

async function types(response: Response) {
  const read: unknown[] = [];
  for await (const { event } of readAgentEvents(response)) {
    read.push(event.type === "token" ? event.text : event.type);
  }
  return read;
}

test("resumableResponse reads from the start, after the request's id, or after the option's id", async () => {
  const { store, first, second } = await stored();
  expect(await types(await resumableResponse(request(), store, "s"))).toEqual(["a", "b", "done"]);
  expect(await types(await resumableResponse(request(first), store, "s"))).toEqual(["b", "done"]);
  const response = await resumableResponse(request(first), store, "s", { lastEventId: second });
  expect(await types(response)).toEqual(["done"]);
});

test("resumableResponse responds 204 when the reader has everything", async () => {
  const { store, last } = await stored();
  const headers = { "access-control-allow-origin": "*" };
  const response = await resumableResponse(request(last), store, "s", { headers });
  expect(response.status).toBe(204);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
});

test("resumableResponse responds 400 to an unknown id and 410 to an expired one", async () => {
  const { store } = await stored();
  const unknown = await resumableResponse(request("x-1"), store, "s");
  expect(unknown.status).toBe(400);
  expect(await unknown.json()).toMatchObject({ error: { code: "POSITION_UNKNOWN" } });
  const tokens = Array.from({ length: 20 }, () => agentEvent.token("x"));
  await store.append("t", ...tokens);
  const expired = await resumableResponse(request(), store, "t");
  expect(expired.status).toBe(410);
  expect(await expired.json()).toMatchObject({ error: { code: "POSITION_EXPIRED" } });
});

test("resumableResponse throws any other error of the store", async () => {
  const store = new MemoryEventStore();
  vi.spyOn(store, "readAfter").mockRejectedValue(new Error("disk"));
  await expect(resumableResponse(request(), store, "s")).rejects.toThrow("disk");
});

test("a reader that is cut off at every event gets each event once", async () => {
  const store = new MemoryEventStore();
  const texts = Array.from({ length: 30 }, (_, index) => String(index));
  const writing = (async () => {
    for (const text of texts) {
      await store.append("s", agentEvent.token(text));
      await new Promise((resolve) => setTimeout(resolve));
    }
    await store.append("s", agentEvent.done());
    await store.close("s");
  })();
  const fetch = async (url: string | URL, { headers }: RequestInit = {}) => {
    const response = await resumableResponse(
      new Request(url, { headers: headers ?? {} }),
      store,
      "s",
    );
    // The comment and one chunk, then the connection is gone.
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (chunks++ === 2) {
          await reader.cancel();
          controller.error(new TypeError("terminated"));
          return;
        }
        const { value } = await reader.read();
        if (value) controller.enqueue(value);
        else controller.close();
      },
    });
    return new Response(body, response);
  };
  const read: string[] = [];
  const retry = { initialDelayMs: 1 };
  for await (const { event } of connectAgentStream("https://example.com/", { fetch, retry })) {
    if (event.type === "token") read.push(event.text);
  }
  expect(read).toEqual(texts);
  await writing;
});

test("resumableResponse reads the id from a parameter of the URL where the header is missing", async () => {
  const { store, first, second } = await stored();
  const options = { lastEventIdParam: "after" };
  const url = `https://example.com/?x=1&after=${first}`;
  const read = async (init?: RequestInit) =>
    types(await resumableResponse(new Request(url, init), store, "s", options));
  expect(await read()).toEqual(["b", "done"]);
  expect(await read({ headers: { "last-event-id": second } })).toEqual(["done"]);
  expect(await types(await resumableResponse(new Request(url), store, "s"))).toHaveLength(3);
  const headers = new Headers();
  expect(lastEventIdOf({ headers, url: "/e?after=a%3Fb%20c#after=d" }, "after")).toBe("a?b c");
  expect(lastEventIdOf({ headers, url: "/e" }, "after")).toBeUndefined();
});
