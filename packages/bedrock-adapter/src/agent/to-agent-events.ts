import {
  aFunction,
  anObject,
  checkOptions,
  nonEmptyString,
  oneOf,
  parseStream,
  type AgentEvent,
  type ByteSource,
  type OptionRules,
  type PushParser,
} from "@freshet/core";
import { invalidOption } from "../bedrock-error.ts";
import { bodyOf, parseOptions } from "../decode/event-stream.ts";
import type { AgentEventInput, AgentEventOptions } from "./agent-event-options.ts";

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
  events: AsyncIterable<AgentEventInput> | Iterable<AgentEventInput>,
  options: AgentEventOptions = {},
): AsyncGenerator<AgentEvent> {
  checkOptions(options, rules, invalidOption);
  const body = bodyOf(events);
  const load = async () => {
    // Loaded by the first read, because not everybody needs agent events.
    const { AgentEventMapper, AgentEventParser } = await import("./agent-event-parser.ts");
    const mapper = new AgentEventMapper(options);
    return body ? new AgentEventParser(body.decoder, mapper) : (mapper as unknown as Parser);
  };
  // Straight from the bytes: one asynchronous step per chunk of bytes, not one per event.
  if (body) return parseStream(body.bytes, load, parseOptions(body.options));
  // `parseStream` passes on what it reads without looking at it, so that it can read events as well.
  return parseStream(events as ByteSource, load);
}

type Parser = PushParser<AgentEvent>;
