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

/** Compares the formatting of frames with an obvious template. */
export function compareFrames(
  workload: string,
  events: readonly AgentEventOf[],
): Promise<Comparison> {
  const frames = (write: (event: AgentEventOf) => string) => () => {
    const all: string[] = [];
    for (const event of events) all.push(write(event));
    return all.join("");
  };
  const template = ({ type, ...data }: AgentEventOf) =>
    `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  return compare(workload, {
    contestants: [
      { name: "freshet, formatAgentEvent", run: frames((event) => formatAgentEvent(event)) },
      { name: "a bare template with JSON.stringify", run: frames(template) },
    ],
    equal: (ours, theirs) => ours === theirs,
    units: events.length,
  });
}

/** Compares the same for tokens, whose template needs no copy of the event. */
export function compareTokenFrames(
  workload: string,
  events: readonly AgentEventOf[],
): Promise<Comparison> {
  const frames = (write: (event: TextEvent) => string) => () => {
    const all: string[] = [];
    for (const event of events) all.push(write(event as TextEvent));
    return all.join("");
  };
  return compare(workload, {
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

/** The source of all servers: events that are ready, one by one, from an async generator. */
// eslint-disable-next-line @typescript-eslint/require-await -- the measured source is always ready
async function* source(events: readonly AgentEventOf[]): AsyncGenerator<AgentEventOf> {
  for (const event of events) yield event;
}

/** Creates a handler that sends the events for each contestant. */
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

/** Compares whole responses, read in the same process. */
export async function compareResponses(
  workload: string,
  events: readonly AgentEventOf[],
): Promise<Comparison> {
  const contestants = (await handlers(events)).map(({ name, fetch }): Contestant<string> => ({
    name,
    run: async () => (await fetch(new Request("http://localhost/"))).text(),
  }));
  return compare(workload, {
    contestants: contestants as [Contestant<string>, ...Contestant<string>[]],
    equal: (ours, theirs) => textsOf(ours) === textsOf(theirs),
    units: events.length,
  });
}
