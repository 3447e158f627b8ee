import { parseSSEStream, runHttpRequest } from "@ag-ui/client";
import { _iterSSEMessages as anthropicMessages } from "@anthropic-ai/sdk/core/streaming";
import { AgentStreamError, readAgentEvents } from "@freshet/agent-sse";
import { getBytes, getLines, getMessages } from "@microsoft/fetch-event-source/lib/cjs/parse.js";
import { createParser } from "eventsource-parser";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { Stream as OpenAiStream } from "openai/core/streaming";
import { compare, type Comparison, type Contestant } from "../harness.ts";
import { versioned } from "../report.ts";
import { responseOf } from "./streams.ts";

/** Reads a response to its end and returns the contents of its events, one entry per event. */
type Reader = (response: Response) => Promise<unknown[]>;

const ours: Record<"batches" | "single", Reader> = {
  async batches(response) {
    const events: unknown[] = [];
    await untilCut(async () => {
      for await (const batch of readAgentEvents(response).batches()) {
        for (const { event } of batch) events.push(event);
      }
    });
    return events;
  },
  async single(response) {
    const events: unknown[] = [];
    await untilCut(async () => {
      for await (const { event } of readAgentEvents(response)) events.push(event);
    });
    return events;
  },
};

/** Ignores the missing `done`, because the peers do not check for one. */
async function untilCut(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof AgentStreamError) || error.code !== "INCOMPLETE_STREAM") throw error;
  }
}

const peers: Record<
  "callback" | "stream" | "anthropic" | "openai" | "agUi" | "fetchEventSource",
  Reader
> = {
  async callback(response) {
    const events: unknown[] = [];
    const decoder = new TextDecoder();
    // The least that keeps the type of an event, as ours do: its name next to its data.
    const parser = createParser({
      onEvent: ({ event, data }) => events.push({ event, data: JSON.parse(data) as unknown }),
    });
    for await (const chunk of bodyOf(response)) {
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
    return events;
  },
  async stream(response) {
    const events: unknown[] = [];
    const messages = bodyOf(response)
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of messages) events.push(JSON.parse(data));
    return events;
  },
  async anthropic(response) {
    const events: unknown[] = [];
    for await (const { data } of anthropicMessages(response, new AbortController())) {
      events.push(JSON.parse(data));
    }
    return events;
  },
  async openai(response) {
    const events: unknown[] = [];
    const stream = OpenAiStream.fromSSEResponse<unknown>(response, new AbortController());
    for await (const event of stream) events.push(event);
    return events;
  },
  agUi: (response) =>
    new Promise((resolve, reject) => {
      const events: unknown[] = [];
      const stream = parseSSEStream(
        runHttpRequest(() => Promise.resolve(response)),
      ) as Subscribable;
      stream.subscribe({
        next: (event) => events.push(event),
        error: reject,
        complete: () => resolve(events),
      });
    }),
  async fetchEventSource(response) {
    const events: unknown[] = [];
    const ignore = () => undefined;
    const onMessage = ({ data }: { data: string }) => void events.push(JSON.parse(data));
    await getBytes(bodyOf(response), getLines(getMessages(ignore, ignore, onMessage)));
    return events;
  },
};

/** The part of an Observable that is used. */
interface Subscribable {
  subscribe(observer: {
    next: (event: unknown) => void;
    error: (error: unknown) => void;
    complete: () => void;
  }): unknown;
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (!response.body) throw new Error("The response has no body.");
  return response.body;
}

/** Compares ours with the callback of eventsource-parser and, unless they take minutes, with all others. */
export async function compareParsing(
  workload: string,
  chunks: readonly Uint8Array[],
  {
    read = "batches",
    all = true,
    units,
  }: { read?: keyof typeof ours; all?: boolean; units: number },
): Promise<Comparison> {
  const parser = await versioned("eventsource-parser");
  const contestant = (name: string, reader: Reader): Contestant<unknown[]> => ({
    name,
    run: () => reader(responseOf(chunks)),
  });
  const others: Contestant<unknown[]>[] = [
    contestant(`${parser}, its TransformStream`, peers.stream),
    contestant(await versioned("@anthropic-ai/sdk"), peers.anthropic),
    contestant(await versioned("@microsoft/fetch-event-source"), peers.fetchEventSource),
    contestant(await versioned("@ag-ui/client"), peers.agUi),
    contestant(await versioned("openai"), peers.openai),
  ];
  return compare(workload, {
    contestants: [
      contestant(read === "batches" ? "freshet, batches()" : "freshet, one by one", ours[read]),
      contestant(`${parser}, callback and JSON.parse`, peers.callback),
      ...(all ? others : []),
    ],
    equal: (own, theirs) =>
      own.length === theirs.length && own.every((event, index) => isSame(event, theirs[index])),
    // Parsers that take a few microseconds per event are not compiled before the third round.
    warmUps: 3,
    rounds: all ? 7 : 9,
    units,
  });
}

function isSame(own: unknown, theirs: unknown): boolean {
  const [ours, other] = [partsOf(own), partsOf(theirs)];
  return ours.json === other.json && (other.type === undefined || other.type === ours.type);
}

/** Splits an item: ours have the type inside, the callback's next to the data, and all others lost it. */
function partsOf(item: unknown): { type: string | undefined; json: string } {
  const { type, event = type, data, ...fields } = item as Record<string, string | undefined>;
  return { type: event, json: JSON.stringify(data ?? fields) };
}
