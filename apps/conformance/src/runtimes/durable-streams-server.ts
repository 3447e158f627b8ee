import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
import { storeTests } from "@freshet/durable-streams-server/testing";
import { expectSame, type RoundTrip, words } from "./round-trip.ts";

export const durableStreamsServer: RoundTrip = async () => {
  const server = createDurableStreams({ store: memoryStore() });
  try {
    const send = async (init: RequestInit, query = "") => {
      const response = await server.fetch(new Request(`http://x/words${query}`, init));
      if (!response.ok) throw new Error(`${String(init.method)} got ${response.status}.`);
      return response;
    };
    const headers = { "content-type": "text/plain" };
    await send({ method: "PUT", headers });
    for (const body of words) await send({ method: "POST", headers, body });
    const stored = await (await send({ method: "GET" }, "?offset=-1")).text();
    expectSame(stored, words.join(""));
    const live = await send({ method: "GET" }, "?offset=-1&live=sse");
    await send({ method: "POST", headers: { "stream-closed": "true" } });
    const sent = await live.text();
    expectSame(sent.includes("event: control"), true);
  } finally {
    await server.close();
  }
  const place = { open: () => memoryStore(), isDurable: false, remove: () => Promise.resolve() };
  const tests = storeTests(() => Promise.resolve(place));
  await Promise.all(tests.map(({ run }) => run()));
};
