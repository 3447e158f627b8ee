import type { AgentEvent } from "@freshet/core";
import {
  AgentEventMapper,
  type AgentEventInput,
  type AgentEventOptions,
} from "./agent/agent-event-mapper.ts";
import { asGenerator, ParsedStream } from "./parsed-stream.ts";

/**
 * Bedrock's events as agent events: Converse events, or the chunks of any known model family.
 *
 * Text becomes `token`, reasoning `thinking`; a tool call becomes `tool_use` when its input is
 * complete, with that input as `input_summary`; a result of a tool that Bedrock ran itself becomes
 * `tool_result`, an image `creation`. The last event is `done`, a `BedrockDoneEvent` that carries
 * stop reason, token counts, citations and everything else that the wire said.
 *
 * @throws BedrockError INCOMPLETE_STREAM if the events end before the answer does; INVALID_PAYLOAD
 * for chunks of no known family; whatever `events` throws
 * @example
 * ```ts
 * import { toAgentEvents } from "@freshet/bedrock-adapter";
 *
 * const chunks = [{ generation: "Hi" }, { generation: "!", stop_reason: "stop" }];
 * for await (const event of toAgentEvents(chunks, { model: "meta.llama3-8b-instruct-v1:0" })) {
 *   console.log(event.type); // token, token, done
 * }
 * ```
 */
export function toAgentEvents(
  events: AsyncIterable<AgentEventInput> | Iterable<AgentEventInput>,
  options: AgentEventOptions = {},
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
