/** https://html.spec.whatwg.org/multipage/server-sent-events.html (section 9.2.5, the frame) */
import { checkOption, wholeNumber, type AgentEvent } from "@freshet/core";
import {
  aJsonFormat,
  encodeMembers,
  encodeString,
  stringifyJson,
  type JsonFormat,
} from "./encode-json.ts";
import { AgentStreamError, invalidOption } from "./error.ts";
import { fieldsOf } from "./event-fields.ts";
import { eventTypes } from "./event-types.ts";

/** Options of {@link formatAgentEvent}. */
export interface FormatAgentEventOptions {
  /**
   * Where a reader that has seen this event resumes. It comes back in the `Last-Event-ID` header, so it
   * may hold no control characters, no line separators and no space at either end. `""` makes readers
   * forget the last id.
   */
  id?: string | undefined;
  /** How long readers wait before they reconnect, in milliseconds. */
  retryMs?: number | undefined;
  /** Default `"json"`. */
  format?: JsonFormat | undefined;
}

/** Any event on the wire: an {@link AgentEvent}, or one of a type that this package does not know. */
export type WireEvent = { type: string } | { type: string; [field: string]: unknown };

/**
 * Formats one event as a frame of text/event-stream.
 *
 * @throws AgentStreamError `INVALID_ID` or `INVALID_EVENT_NAME` for an id or a type that would break the
 * frame apart, `INVALID_VALUE` for NaN, Infinity and circular values, `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { formatAgentEvent } from "@freshet/agent-sse";
 *
 * const frame = formatAgentEvent({ type: "token", text: "Hi" }, { id: "7" });
 * console.log(JSON.stringify(frame)); // "event: token\ndata: {\"text\":\"Hi\"}\nid: 7\n\n"
 * ```
 */
export function formatAgentEvent(
  event: AgentEvent | WireEvent,
  { id, retryMs, format }: FormatAgentEventOptions = {},
): string {
  checkOption("format", format, aJsonFormat, invalidOption);
  const { type } = event;
  const lines = linesOfType.get(type);
  const start = lines?.start ?? `event: ${checkEventName(type)}\ndata: `;
  const data = textData(event, format) ?? jsonData(event, format, lines?.jsonStart);
  if (id === undefined && retryMs === undefined) return `${start}${data}\n\n`;
  let frame = `${start}${data}\n`;
  if (id !== undefined) frame += `id: ${checkId(id)}\n`;
  if (retryMs !== undefined) frame += formatRetry(retryMs);
  return `${frame}\n`;
}

export function formatRetry(retryMs: number): string {
  checkOption("retryMs", retryMs, wholeNumber(0), invalidOption);
  return `retry: ${retryMs}\n`;
}

/** How the frame of each known type begins, and how its JSON begins when `type` is its first field. */
const linesOfType: ReadonlyMap<string, { start: string; jsonStart: string }> = new Map(
  eventTypes.map((type) => [
    type,
    { start: `event: ${type}\ndata: `, jsonStart: `{"type":"${type}",` },
  ]),
);

// A cost of zero dollars is `0.0` in Python, where the field is a float.
const floats: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["done", new Set(["total_cost_usd"])],
]);

/** The data of an event with only a type and a text, as nearly all events are; `undefined` for others. */
function textData(event: WireEvent, format: JsonFormat = "json"): string | undefined {
  const { text } = event as { text?: unknown };
  if (typeof text !== "string") return undefined;
  for (const key in event) if (key !== "type" && key !== "text") return undefined;
  return `{"text":${format === "python" ? " " : ""}${encodeString(text, format)}}`;
}

/** The data of any event. `jsonStart` is how its JSON begins when `type` is known and its first field. */
function jsonData(
  event: WireEvent,
  format: JsonFormat | undefined,
  jsonStart: string | undefined,
): string {
  if (format === "python") {
    return `{${encodeMembers(fieldsOf(event), "python", 1, floats.get(event.type))}}`;
  }
  if (jsonStart !== undefined && !("toJSON" in event)) {
    // Cutting the type off the text costs less than copying the event without it.
    const json = stringifyJson(event);
    if (json.startsWith(jsonStart)) return `{${json.slice(jsonStart.length)}`;
  }
  return stringifyJson(fieldsOf(event));
}

// C0 controls and DEL, NEL, line and paragraph separator, byte order mark, lone surrogates: each of them
// ends a line in some parser, or does not survive UTF-8 or an HTTP header.
// eslint-disable-next-line no-control-regex -- it looks for control characters
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\p{Surrogate}]/u;

function checkEventName(type: unknown): string {
  if (typeof type === "string" && type !== "" && !unsafe.test(type)) return type;
  throw new AgentStreamError(
    "INVALID_EVENT_NAME",
    `Invalid event type ${JSON.stringify(type)}: expected text without control characters or line separators.`,
  );
}

function checkId(id: string): string {
  if (typeof id === "string" && !unsafe.test(id) && id.trim() === id) return id;
  throw new AgentStreamError(
    "INVALID_ID",
    `Invalid event id ${JSON.stringify(id)}: expected text without control characters, line separators, or spaces at its ends.`,
  );
}
