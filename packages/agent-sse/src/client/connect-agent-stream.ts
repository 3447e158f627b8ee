/** https://html.spec.whatwg.org/multipage/server-sent-events.html (section 9.2.3, reconnecting) */
import { redactUrl, stoppableGenerator, type AgentEvent } from "@freshet/core";
import type { ReceivedEvent } from "../wire/agent-event-parser.ts";
import { invalidOption } from "../wire/error.ts";
import { page } from "./page.ts";
import type { ConnectAgentStreamOptions } from "./connect-options.ts";
import { ReconnectingReader } from "./reconnecting-reader.ts";

/** The events that {@link connectAgentStream} reads, once. */
export interface AgentStreamConnection<E = AgentEvent> extends AsyncGenerator<
  ReceivedEvent<E>,
  undefined,
  undefined
> {
  /** The id of the last event that the loop received; a later connection can continue after it. */
  readonly lastEventId: string | undefined;
}

/**
 * Reads agent events from a URL, with GET, and reconnects after every cut, resuming after the last id. If
 * ids are positions, the loop gets every event exactly once.
 *
 * It retries after lost connections, timeouts and the statuses 408, 425, 429 and 5xx except 501 and 505. Any
 * other status that is not 2xx, and any other content type, is final. The first request is sent when the
 * loop begins.
 *
 * A stream whose events have no ids cannot be resumed: after a cut it begins again, at most `maxRestarts`
 * times.
 *
 * @throws AgentStreamError `INVALID_OPTION`; and from the loop `UNEXPECTED_STATUS`,
 * `UNEXPECTED_CONTENT_TYPE`, `INVALID_PAYLOAD`, `EVENT_TOO_LARGE`, `RETRIES_EXHAUSTED`, `NOT_RESUMABLE`,
 * `ID_REUSED`, `REQUEST_REFUSED`, and `INCOMPLETE_STREAM` when the server responds 204 within a turn
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
  const reader = new ReconnectingReader(resolveUrl(url, options), options);
  const events = stoppableGenerator((stop) => reader.read(stop), options.signal);
  const lastEventId = { get: () => reader.lastEventId, enumerable: true };
  return Object.defineProperties(events, { lastEventId }) as AgentStreamConnection<E>;
}

/** The start of a text that is not a URL: what may be a password or a token is left out. */
function withoutSecrets(text: string): string {
  const [start = ""] = text.split("?");
  return start.includes("@") ? "…" : start;
}

/**
 * A URL that cannot be requested would fail forever. A custom `fetch` decides itself what it can request. A
 * relative URL is resolved as a page's own links are (`<base>`).
 */
function resolveUrl(url: string | URL, { fetch }: { fetch?: unknown }): string {
  if (fetch) return String(url);
  let resolved: URL;
  try {
    resolved = new URL(url, page.document?.baseURI ?? page.location?.href);
  } catch {
    const shown = JSON.stringify(withoutSecrets(String(url)));
    throw invalidOption(`url is ${shown}: expected a URL, absolute outside of a page.`);
  }
  if (resolved.username === "" && resolved.password === "") return resolved.href;
  throw invalidOption(
    `url is ${JSON.stringify(redactUrl(resolved))} with a user or a password: expected them in headers.authorization.`,
  );
}
