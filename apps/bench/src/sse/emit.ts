import { EventEncoder } from "@ag-ui/encoder";
import { agentStreamResponse, formatAgentEvent } from "@freshet/agent-sse";
import { createUIMessageStream, createUIMessageStreamResponse } from "ai";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { compare, type Comparison, type Contestant } from "../harness.ts";
import { versioned } from "../report.ts";
import { textsOf, type AgentEventOf } from "./streams.ts";

interface TextEvent {
  type: string;
  text: string;
}

/** Frames alone: against the template that everybody would write. */
export function compareFrames(work: string, events: readonly AgentEventOf[]): Promise<Comparison> {
  const frames = (write: (event: AgentEventOf) => string) => () => {
    const all: string[] = [];
    for (const event of events) all.push(write(event));
    return all.join("");
  };
  const template = ({ type, ...data }: AgentEventOf) =>
    `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  return compare(work, {
    contestants: [
      { name: "freshet, formatAgentEvent", run: frames((event) => formatAgentEvent(event)) },
      { name: "a bare template with JSON.stringify", run: frames(template) },
    ],
    equal: (ours, theirs) => ours === theirs,
    units: events.length,
  });
}

/** The same for tokens, whose template needs no copy of the event. */
export function compareTokenFrames(
  work: string,
  events: readonly AgentEventOf[],
): Promise<Comparison> {
  const frames = (write: (event: TextEvent) => string) => () => {
    const all: string[] = [];
    for (const event of events) all.push(write(event as TextEvent));
    return all.join("");
  };
  return compare(work, {
    contestants: [
      { name: "freshet, formatAgentEvent", run: frames((event) => formatAgentEvent(event)) },
      {
        name: "a bare template with JSON.stringify",
        run: frames(({ type, text }) => `event: ${type}\ndata: ${JSON.stringify({ text })}\n\n`),
      },
    ],
    equal: (ours, theirs) => ours === theirs,
    units: events.length,
  });
}

/** What all servers are given: events that are there, one by one, from an asynchronous source. */
// eslint-disable-next-line @typescript-eslint/require-await -- a source that is always ready is what is measured
async function* source(events: readonly AgentEventOf[]): AsyncGenerator<AgentEventOf> {
  for (const event of events) yield event;
}

/** A handler for each way of answering with the events. */
export async function handlers(
  events: readonly AgentEventOf[],
): Promise<{ name: string; fetch: (request: Request) => Response | Promise<Response> }[]> {
  const hono = new Hono().get("/", (c) =>
    streamSSE(c, async (stream) => {
      for await (const { type, ...data } of source(events)) {
        await stream.writeSSE({ event: type, data: JSON.stringify(data) });
      }
    }),
  );
  return [
    { name: "freshet, agentStreamResponse", fetch: () => agentStreamResponse(source(events)) },
    { name: `${await versioned("hono")} streamSSE`, fetch: (request) => hono.fetch(request) },
    {
      name: `${await versioned("ai")} UI message stream`,
      fetch: () => createUIMessageStreamResponse({ stream: uiMessageStream(events) }),
    },
    {
      name: `${await versioned("@ag-ui/encoder")} in a ReadableStream`,
      fetch: () => new Response(agUiBody(events)),
    },
  ];
}

function uiMessageStream(events: readonly AgentEventOf[]) {
  return createUIMessageStream({
    execute: async ({ writer }) => {
      for await (const event of source(events)) {
        writer.write({ type: "text-delta", id: "0", delta: (event as TextEvent).text });
      }
    },
  });
}

function agUiBody(events: readonly AgentEventOf[]): ReadableStream<Uint8Array> {
  const encoder = new EventEncoder();
  const text = new TextEncoder();
  const iterator = source(events);
  return new ReadableStream({
    async pull(controller) {
      const result = await iterator.next();
      if (result.done) {
        controller.close();
        return;
      }
      const delta = (result.value as TextEvent).text;
      const event = { type: "TEXT_MESSAGE_CONTENT" as never, messageId: "m", delta };
      controller.enqueue(text.encode(encoder.encodeSSE(event)));
    },
  });
}

/** Through a whole response, read in the same process. */
export async function compareResponses(
  work: string,
  events: readonly AgentEventOf[],
): Promise<Comparison> {
  const contestants = (await handlers(events)).map(({ name, fetch }): Contestant<string> => ({
    name,
    run: async () => (await fetch(new Request("http://localhost/"))).text(),
  }));
  return compare(work, {
    contestants: contestants as [Contestant<string>, ...Contestant<string>[]],
    equal: (ours, theirs) => textsOf(ours) === textsOf(theirs),
    units: events.length,
  });
}
