import { checkOptions, nonEmptyString } from "@freshet/core";
import type { AgentEventStore } from "./agent-event-store.ts";
import {
  agentStreamResponse,
  agentStreamResponseRules,
  type AgentStreamResponseOptions,
} from "./agent-stream-response.ts";
import { AgentStreamError, invalidOption } from "../wire/error.ts";
import { uncachedHeaders } from "./response-headers.ts";
import { lastEventIdOf } from "../wire/last-event-id.ts";
import { text } from "../wire/option-rules.ts";

/** Options of {@link resumableResponse}. */
export interface ResumableResponseOptions extends AgentStreamResponseOptions {
  /** Read after this id instead of the request's `Last-Event-ID`. */
  lastEventId?: string | undefined;
  /** The parameter of the URL that has the id where the header is missing, as `connectAgentStream` sends it. */
  lastEventIdParam?: string | undefined;
}

/**
 * Creates the response to a GET of a stored stream: its events from the start, or after the request's
 * `Last-Event-ID`, and then live until the stream is closed.
 *
 * The status is 204 when the stream is closed and the reader has everything, which ends an EventSource and
 * `connectAgentStream`; 410 when the events after the id are no longer kept; 400 when the stream never
 * issued that id. The last two have the body `{"error": {"code", "message"}}`. No cache may keep any of them.
 *
 * When the store fails, the response is cut: the reader comes back and continues after its last id.
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
  options: ResumableResponseOptions = {},
): Promise<Response> {
  checkOptions(options, rules, invalidOption);
  const { lastEventId = lastEventIdOf(request, options.lastEventIdParam) } = options;
  const headers = uncachedHeaders(options.headers);
  const signal = options.signal ?? request.signal;
  try {
    const events = await store.readAfter(stream, lastEventId, { signal });
    if (events.isAtEnd) return new Response(null, { status: 204, headers });
    return agentStreamResponse(events, {
      ...options,
      signal,
      resumable: options.resumable ?? true,
    });
  } catch (error) {
    const status = error instanceof AgentStreamError ? statuses[error.code] : undefined;
    if (status === undefined) throw error;
    const { code, message } = error as AgentStreamError;
    return Response.json({ error: { code, message } }, { status, headers });
  }
}

const rules = { ...agentStreamResponseRules, lastEventId: text, lastEventIdParam: nonEmptyString };

const statuses: Readonly<Partial<Record<AgentStreamError["code"], number>>> = {
  POSITION_UNKNOWN: 400,
  POSITION_EXPIRED: 410,
};
