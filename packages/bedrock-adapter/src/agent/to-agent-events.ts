import {
  aFunction,
  anObject,
  checkOptions,
  nonEmptyString,
  oneOf,
  parseStream,
  type AgentEvent,
  type OptionRules,
} from "@freshet/core";
import { invalidOption } from "../bedrock-error.ts";
import { bodyOf, parseOptions } from "../decode/event-stream.ts";
import type { AgentEventInput, AgentEventOptions } from "./agent-event-options.ts";

type Events = AsyncIterable<AgentEventInput> | Iterable<AgentEventInput>;

const rules: OptionRules<AgentEventOptions> = {
  model: nonEmptyString,
  toolNames: anObject,
  errors: oneOf("throw", "event"),
  onInput: aFunction,
};

/**
 * Turns Bedrock's events into agent events: Converse events, or the chunks of any known model family.
 *
 * Text becomes `token`, reasoning `thinking`; a tool call becomes `tool_use` when its input is
 * complete, with that input as `input_summary`; a result of a tool that Bedrock ran itself becomes
 * `tool_result`, an image `creation`. The last event is `done`, a `BedrockDoneEvent` with stop reason,
 * token counts, citations and all other fields of the wire.
 *
 * @throws BedrockError INVALID_OPTION; from the iterator INCOMPLETE_STREAM if the events end before the
 * response is complete, INVALID_PAYLOAD for chunks of no known family, and whatever `events` throws
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
  events: Events,
  options: AgentEventOptions = {},
): AsyncGenerator<AgentEvent> {
  checkOptions(options, rules, invalidOption);
  const body = bodyOf(events);
  if (!body) return mapEvents(events, options);
  // Straight from the bytes: one asynchronous step per chunk of bytes, not two per event.
  const load = async () => {
    const { AgentEventMapper, AgentEventParser } = await loadMapper();
    return new AgentEventParser(body.decoder, new AgentEventMapper(options));
  };
  return parseStream(body.bytes, load, parseOptions(body.options));
}

/** The readers of all families are loaded by the first read: not everybody needs agent events. */
function loadMapper(): Promise<typeof import("./agent-event-parser.ts")> {
  return import("./agent-event-parser.ts");
}

async function* mapEvents(events: Events, options: AgentEventOptions): AsyncGenerator<AgentEvent> {
  const { AgentEventMapper } = await loadMapper();
  const mapper = new AgentEventMapper(options);
  let failure: { error: unknown } | undefined;
  try {
    for await (const event of events) {
      mapper.push(event);
      for (let out = mapper.read(); out; out = mapper.read()) yield out;
    }
    mapper.end();
  } catch (error) {
    if (!mapper.fail(error)) failure = { error };
  }
  for (let out = mapper.read(); out; out = mapper.read()) yield out;
  if (failure) throw failure.error;
}
