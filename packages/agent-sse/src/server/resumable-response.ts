import type { AgentEventStore } from "./agent-event-store.ts";
import { agentStreamResponse, type AgentStreamResponseOptions } from "./agent-stream-response.ts";
import { AgentStreamError } from "../wire/error.ts";
import { lastEventIdOf } from "../wire/last-event-id.ts";

/** Options of {@link resumableResponse}. */
export interface ResumableResponseOptions extends AgentStreamResponseOptions {
  /** Read after this id instead of the one of the request. */
  lastEventId?: string | undefined;
}

/**
 * Answers a GET with the events of a stored stream: from its start, or after the `Last-Event-ID` of the
 * request, and then live until the stream is closed.
 *
 * 204 when the stream is closed and the reader has everything, which ends an EventSource and
 * `connectAgentStream`; 410 when the events after the id are not kept any more, 400 when the stream
 * never gave that id, both with `{"error": {"code", "message"}}`.
 *
 * @example
 * ```ts
 * import { MemoryEventStore, resumableResponse } from "@freshet/agent-sse";
 *
 * const store = new MemoryEventStore();
 * const server = { fetch: (request: Request) => resumableResponse(request, store, "chat-1") };
 * ```
 */
export async function resumableResponse(
  request: Request,
  store: AgentEventStore,
  stream: string,
  { lastEventId = lastEventIdOf(request), ...options }: ResumableResponseOptions = {},
): Promise<Response> {
  const signal = options.signal ?? request.signal;
  try {
    const events = await store.readAfter(stream, lastEventId, { signal });
    if (events.isAtEnd)
      return new Response(null, { status: 204, headers: new Headers(options.headers) });
    return agentStreamResponse(events, { ...options, signal });
  } catch (error) {
    const status = error instanceof AgentStreamError ? statuses[error.code] : undefined;
    if (status === undefined) throw error;
    const { code, message } = error as AgentStreamError;
    return Response.json(
      { error: { code, message } },
      { status, headers: new Headers(options.headers) },
    );
  }
}

const statuses: Readonly<Partial<Record<AgentStreamError["code"], number>>> = {
  POSITION_UNKNOWN: 400,
  POSITION_EXPIRED: 410,
};
