/** https://html.spec.whatwg.org/multipage/server-sent-events.html (section 9.2) */
import {
  AgentFrameWriter,
  type AgentFrameWriterOptions,
  type AgentStreamItem,
} from "./agent-frame-writer.ts";
import { AgentStreamWriter } from "./agent-stream-writer.ts";
import { StreamPump, type FrameWriter, type StreamPumpOptions } from "./stream-pump.ts";

/** Where the events of a response come from: something to iterate, or a function that writes them. */
export type AgentStreamSource =
  | AsyncIterable<AgentStreamItem>
  | Iterable<AgentStreamItem>
  | ((writer: AgentStreamWriter) => Promise<void>);

/** Options of {@link agentStreamResponse}. */
export interface AgentStreamResponseOptions extends AgentFrameWriterOptions, StreamPumpOptions {
  /** More headers for the response. The content type is not yours to change. */
  headers?: HeadersInit | undefined;
}

/**
 * Answers a request with a stream of agent events. The source is pulled only as fast as the client
 * reads, and stopped when the client leaves. Events that are ready together leave together; an event
 * that is alone leaves alone, at once.
 *
 * An exception in the source becomes an `error` event, then `done`, then the end. Its message stays on
 * the server unless it has a property `expose` that is true, or `onError` says what to tell.
 *
 * @param source - events, or events with the id that a reader resumes after
 *
 * @example
 * ```ts
 * import { agentEvent, agentStreamResponse } from "@freshet/agent-sse";
 *
 * async function* answer() {
 *   yield agentEvent.token("Hello");
 *   yield agentEvent.done();
 * }
 * const server = { fetch: (request: Request) => agentStreamResponse(answer(), { signal: request.signal }) };
 * ```
 */
export function agentStreamResponse(
  source: AgentStreamSource,
  options: AgentStreamResponseOptions = {},
): Response {
  const events = typeof source === "function" ? AgentStreamWriter.run(source) : source;
  return eventStreamResponse(events, new AgentFrameWriter(options), options);
}

/** A response of text/event-stream, whatever its frames say. */
export function eventStreamResponse<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
  writer: FrameWriter<Item>,
  { headers: init, ...options }: StreamPumpOptions & { headers?: HeadersInit | undefined },
): Response {
  const headers = new Headers(init);
  headers.set("content-type", "text/event-stream; charset=utf-8");
  // `no-transform` keeps compressing proxies from gathering events, the last one is for nginx.
  if (!headers.has("cache-control")) headers.set("cache-control", "no-cache, no-transform");
  if (!headers.has("x-accel-buffering")) headers.set("x-accel-buffering", "no");
  // Nothing is prepared ahead of the reader; the pump gathers what is ready when it is asked.
  const body = new ReadableStream(new StreamPump(source, writer, options), { highWaterMark: 0 });
  return new Response(body, { headers });
}
