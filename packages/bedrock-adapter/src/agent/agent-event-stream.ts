import type { AgentEvent } from "@freshet/core";
import { asGenerator, ParsedStream } from "../decode/parsed-stream.ts";
import { AgentEventMapper } from "./agent-event-mapper.ts";
import type { AgentEventInput, AgentEventOptions } from "./agent-event-options.ts";

/** What `toAgentEvents` gives, in a module of its own that is loaded when it is first read from. */
export function agentEventStream(
  events: AsyncIterable<AgentEventInput> | Iterable<AgentEventInput>,
  options: AgentEventOptions,
): AsyncGenerator<AgentEvent> {
  const mapper = new AgentEventMapper(options);
  // Straight from the bytes: one asynchronous step a chunk of bytes, not two an event.
  if (events instanceof ParsedStream && events.fresh) {
    return asGenerator((events as ParsedStream<AgentEventInput>).through(mapper));
  }
  return mapEvents(events, mapper);
}

async function* mapEvents(
  events: AsyncIterable<AgentEventInput> | Iterable<AgentEventInput>,
  mapper: AgentEventMapper,
): AsyncGenerator<AgentEvent> {
  const drain = function* (): Generator<AgentEvent> {
    for (let event = mapper.read(); event; event = mapper.read()) yield event;
  };
  let failure: { error: unknown } | undefined;
  try {
    for await (const event of events) {
      mapper.push(event);
      yield* drain();
    }
    mapper.end();
  } catch (error) {
    if (!mapper.fail(error)) failure = { error };
  }
  yield* drain();
  if (failure) throw failure.error;
}
