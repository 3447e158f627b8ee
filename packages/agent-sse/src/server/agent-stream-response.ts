/** https://html.spec.whatwg.org/multipage/server-sent-events.html (section 9.2) */
import { anObject, checkOptions, type OptionRules } from "@freshet/core";
import { invalidOption } from "../wire/error.ts";
import {
  AgentFrameWriter,
  agentFrameWriterRules,
  type AgentFrameWriterOptions,
  type AgentStreamItem,
} from "./agent-frame-writer.ts";
import { AgentStreamWriter } from "./agent-stream-writer.ts";
import {
  frameStream,
  frameStreamRules,
  type FrameStreamOptions,
  type FrameWriter,
} from "./frame-stream.ts";
import { eventStreamHeaders } from "./response-headers.ts";

/** The source of a response's events: an iterable, or a function that writes them. */
export type AgentStreamSource =
  | AsyncIterable<AgentStreamItem>
  | Iterable<AgentStreamItem>
  | ((writer: AgentStreamWriter) => Promise<void>);

/** Options of {@link agentStreamResponse}. */
export interface AgentStreamResponseOptions extends AgentFrameWriterOptions, FrameStreamOptions {
  /** More headers for the response. The content type cannot be changed, and no cache may keep the response. */
  headers?: ResponseInit["headers"] | undefined;
}

/**
 * Creates a response that streams agent events. The source is pulled only as fast as the client reads,
 * and stopped when the client leaves. Events that are ready together are sent in one chunk; a single event
 * is sent immediately.
 *
 * An exception in a source without ids becomes an `error` event, then `done`, then the end of the response.
 * Its message stays on the server unless the exception has `expose: true` or `onError` returns a message. An
 * exception in a source whose events have ids cuts the response, and its reader comes back (`resumable`).
 *
 * @param source - events, alone or with the id that a reader resumes after
 * @throws AgentStreamError `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { agentEvent, agentStreamResponse } from "@freshet/agent-sse";
 *
 * async function* run() {
 *   yield agentEvent.token("Hello");
 *   yield agentEvent.done();
 * }
 * const server = { fetch: (request: Request) => agentStreamResponse(run(), { signal: request.signal }) };
 * ```
 */
export function agentStreamResponse(
  source: AgentStreamSource,
  options: AgentStreamResponseOptions = {},
): Response {
  checkOptions(options, agentStreamResponseRules, invalidOption);
  const events = typeof source === "function" ? AgentStreamWriter.run(source) : source;
  return eventStreamResponse(events, new AgentFrameWriter(options), options);
}

export const agentStreamResponseRules: OptionRules<AgentStreamResponseOptions> = {
  ...agentFrameWriterRules,
  ...frameStreamRules,
  headers: anObject,
};

/** Creates a text/event-stream response of any frames. */
export function eventStreamResponse<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
  writer: FrameWriter<Item>,
  { headers: init, ...options }: FrameStreamOptions & Pick<AgentStreamResponseOptions, "headers">,
): Response {
  return new Response(frameStream(source, writer, options), { headers: eventStreamHeaders(init) });
}
