import {
  anAbortSignal,
  checkOptions,
  ignoreRejection,
  parseStream,
  readErrorBody,
  timeLimit,
  type AgentEvent,
  type ByteSource,
  type ParseStreamOptions,
  type PushParser,
} from "@freshet/core";
import {
  AgentEventParser,
  parserRules,
  type AgentEventParserOptions,
  type ReceivedEvent,
} from "../wire/agent-event-parser.ts";
import { invalidOption } from "../wire/error.ts";
import { isEventStream, responseError } from "./check-response.ts";
import { idleTimeoutError } from "./idle-timeout-error.ts";

/** Options of {@link readAgentEvents}. */
export interface ReadAgentEventsOptions<E extends { type: string } = AgentEvent> extends Pick<
  AgentEventParserOptions<E>,
  "lastEventId" | "maxEventLength" | "schema"
> {
  /** Ends the loop immediately with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /** The longest silence, in milliseconds; comments count as signs of life. Default: no limit. */
  idleTimeoutMs?: number | undefined;
}

/** The events that {@link readAgentEvents} reads, once: one by one or in batches. */
export interface AgentEvents<E = AgentEvent> extends AsyncGenerator<ReceivedEvent<E>, undefined> {
  /** The same events in arrays, each with the events that one chunk of the source completed. */
  batches(): AsyncGenerator<ReceivedEvent<E>[], undefined>;
}

/**
 * Reads the agent events of a response, or of any other source of bytes. It does not reconnect;
 * `connectAgentStream` does.
 *
 * @throws AgentStreamError `INVALID_OPTION`; and from the loop `UNEXPECTED_STATUS`,
 * `UNEXPECTED_CONTENT_TYPE`, `INVALID_PAYLOAD`, `EVENT_TOO_LARGE`, `IDLE_TIMEOUT`, and `INCOMPLETE_STREAM`
 * when the source ends before `done`. All events before the failure come out first.
 *
 * @example
 * ```ts
 * import { agentEvent, agentStreamResponse, readAgentEvents } from "@freshet/agent-sse";
 *
 * const response = agentStreamResponse([agentEvent.token("Hi"), agentEvent.done()]);
 * for await (const { event } of readAgentEvents(response)) console.log(event.type);
 * // token
 * // done
 * ```
 */
export function readAgentEvents<E extends { type: string } = AgentEvent>(
  source: Response | ByteSource,
  options: ReadAgentEventsOptions<E> = {},
): AgentEvents<E> {
  checkOptions(options, rules, invalidOption);
  const parser = new AgentEventParser(options);
  const parse = <T>(pushParser: PushParser<T>): AsyncGenerator<T, undefined> =>
    parseSource(source, pushParser, options.lastEventId, {
      ...{ signal: options.signal, idleTimeoutMs: options.idleTimeoutMs },
      idleError: (idleTimeoutMs) => idleTimeoutError(idleTimeoutMs, parser.lastEventId),
    });
  const events = parse(parser);
  return Object.assign(events, {
    batches() {
      const batches = parse(batchParser(parser));
      // Both read the same source: to leave one is to leave the other.
      events.return = async () => {
        await batches.return(undefined);
        return { done: true, value: undefined };
      };
      return batches;
    },
  });
}

const rules = { ...parserRules, signal: anAbortSignal, idleTimeoutMs: timeLimit };

/** Parses the batches of another parser: everything that one chunk has completed, as one value. */
function batchParser<E extends { type: string }>(
  parser: AgentEventParser<E>,
): PushParser<ReceivedEvent<E>[]> {
  return {
    push: (chunk) => parser.push(chunk),
    read() {
      const batch = parser.readBatch();
      return batch.length > 0 ? batch : undefined;
    },
    end: () => parser.end(),
  };
}

function parseSource<T>(
  source: Response | ByteSource,
  parser: PushParser<T>,
  lastEventId: string | undefined,
  options: ParseStreamOptions,
): AsyncGenerator<T, undefined> {
  if (!("body" in source)) return parseStream(source, parser, options);
  if (isEventStream(source)) return parseStream(source.body ?? [], parser, options);
  const refuse = async () => {
    const { signal } = options;
    const body = await readErrorBody(source.body, { maxBytes: 1000, signal });
    signal?.throwIfAborted();
    throw responseError(source, body, lastEventId);
  };
  const cancel = () => void source.body?.cancel().catch(ignoreRejection);
  return parseStream<T>([], refuse, { ...options, onEnd: cancel });
}
