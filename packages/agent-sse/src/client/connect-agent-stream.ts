/** https://html.spec.whatwg.org/multipage/server-sent-events.html (section 9.2.3, reconnecting) */
import type { AgentEvent } from "@freshet/core";
import type { ReceivedEvent } from "../wire/agent-event-parser.ts";
import { ReconnectingReader, type ConnectAgentStreamOptions } from "./reconnecting-reader.ts";

/** What {@link connectAgentStream} returns: its events, one-shot. */
export interface AgentStreamConnection<E = AgentEvent> extends AsyncGenerator<
  ReceivedEvent<E>,
  undefined,
  undefined
> {
  /** The id of the last event that the loop was given; pass it to a later connection to go on after it. */
  readonly lastEventId: string | undefined;
}

/**
 * Reads agent events from a URL, with GET, and reconnects after every cut, resuming after the last id.
 * When ids are positions, every event is given once.
 *
 * It goes on through lost connections, timeouts and the statuses 408, 425, 429 and 5xx. Any other
 * status that is not 2xx, and any other content type, is final. The request is made when the loop begins.
 *
 * @throws AgentStreamError from the loop: `UNEXPECTED_STATUS`, `UNEXPECTED_CONTENT_TYPE`,
 * `INVALID_EVENT`, `EVENT_TOO_LARGE`, `RETRIES_EXHAUSTED`; and `INCOMPLETE_STREAM` when the server
 * answers 204 in the middle of a turn
 *
 * @example
 * ```ts
 * import { connectAgentStream } from "@freshet/agent-sse";
 *
 * const events = connectAgentStream("https://example.com/agents/1/events", {
 *   onStateChange: (state) => {
 *     if (state.status === "open" && state.reconnects > 0) console.log("resumed after", state.lastEventId);
 *   },
 * });
 * for await (const { event } of events) {
 *   if (event.type === "token") console.log(event.text);
 * }
 * ```
 */
export function connectAgentStream<E extends { type: string } = AgentEvent>(
  url: string | URL,
  options: ConnectAgentStreamOptions<E> = {},
): AgentStreamConnection<E> {
  return new ReconnectingReader(checkUrl(url, options), options);
}

/** A URL that no `fetch` can take would fail for ever; a `fetch` of the user's own knows better. */
function checkUrl(url: string | URL, { fetch }: { fetch?: unknown }): string {
  return String(fetch ? url : new URL(url, (globalThis as { location?: Location }).location?.href));
}
