import { randomUUID } from "node:crypto";
import { agentStreamResponse } from "@freshet/agent-sse";
import type { AgentEvent } from "@freshet/core";
import {
  DurableStream,
  InvalidOptionError,
  stream,
  StreamNotFoundError,
} from "@freshet/durable-streams-client";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { StreamUrls, TurnRequest } from "../streams.ts";

const agentIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const maxPromptBytes = 64 * 1024;

/** The web server's routes. It keeps no state of its own: kill it, start it, nothing is gone. */
export function createApp(urls: StreamUrls): Hono {
  const app = new Hono();
  const turns = new DurableStream({ url: urls.turns, contentType: "application/json" });

  app.post("/agents", bodyLimit({ maxSize: maxPromptBytes }), async (c) => {
    const body: unknown = await c.req.json().catch(() => undefined);
    const prompt = body && typeof body === "object" && "prompt" in body ? body.prompt : undefined;
    if (typeof prompt !== "string" || prompt.trim() === "") {
      return c.json({ error: 'Send {"prompt": "…"} as JSON.' }, 400);
    }
    const id = randomUUID();
    await DurableStream.create({ url: urls.agent(id), contentType: "application/json" });
    const turn: TurnRequest = { agentId: id, turnId: randomUUID(), prompt };
    await turns.append(turn);
    const events = `/agents/${id}/events`;
    return c.json({ id, events, transcript: `/agents/${id}/transcript` }, 201, {
      location: events,
    });
  });

  // Any position that was an event's id is a place to go on from; without one it is the beginning.
  app.get("/agents/:id/events", async (c) => {
    const id = c.req.param("id");
    if (!agentIdPattern.test(id)) return c.notFound();
    const offset = c.req.header("last-event-id") ?? c.req.query("offset") ?? "-1";
    // Nobody reads on when the browser has left: its abort ends the wait for the next event too.
    const signal = c.req.raw.signal;
    const events = await stream<AgentEvent>(urls.agent(id), { offset, live: "auto", signal });
    return agentStreamResponse(withIds(events.iterEvents({ mode: "json" })), { signal });
  });

  app.get("/agents/:id/transcript", async (c) => {
    const id = c.req.param("id");
    if (!agentIdPattern.test(id)) return c.notFound();
    const events = await stream<AgentEvent>(urls.agent(id), { live: false });
    return c.json(await events.readJson());
  });

  app.onError((error, c) => {
    if (error instanceof StreamNotFoundError)
      return c.json({ error: "There is no such agent." }, 404);
    if (error instanceof InvalidOptionError) return c.json({ error: error.message }, 400);
    console.error(error);
    return c.json({ error: "The durable streams server did not answer as it should." }, 502);
  });

  return app;
}

async function* withIds(
  events: AsyncIterable<{ data: AgentEvent; position: string }>,
): AsyncGenerator<{ event: AgentEvent; id: string }> {
  for await (const { data, position } of events) yield { event: data, id: position };
}
