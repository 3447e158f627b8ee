import type { AgentEvent } from "@freshet/core";
import type { AgentEventInput, AgentEventOptions } from "./agent-event-options.ts";
import { DeferredGenerator } from "./deferred-generator.ts";
import { ParsedStream } from "../decode/parsed-stream.ts";

/**
 * Bedrock's events as agent events: Converse events, or the chunks of any known model family.
 *
 * Text becomes `token`, reasoning `thinking`; a tool call becomes `tool_use` when its input is
 * complete, with that input as `input_summary`; a result of a tool that Bedrock ran itself becomes
 * `tool_result`, an image `creation`. The last event is `done`, a `BedrockDoneEvent` that carries
 * stop reason, token counts, citations and everything else that the wire said.
 *
 * @throws BedrockError INCOMPLETE_STREAM if the events end before the response does; INVALID_PAYLOAD
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
  // The readers of all dialects are loaded by the first read: who only wants the wire's own events
  // ships and starts without them.
  const load = async () => {
    const { agentEventStream } = await import("./agent-event-stream.ts");
    return agentEventStream(events, options);
  };
  const cancel = async () => {
    if (events instanceof ParsedStream) await events.return();
  };
  return new DeferredGenerator(load, cancel)[Symbol.asyncIterator]();
}
