import { iterateBytes, type AgentEvent, type ByteSource } from "@freshet/core";
import {
  AgentEventParser,
  type AgentEventParserOptions,
  type ReceivedEvent,
} from "../wire/agent-event-parser.ts";
import { checkResponse } from "./check-response.ts";
import { idleTimeoutError } from "../wire/error.ts";
import { ignoreRejection } from "../wire/ignore-rejection.ts";

/** Options of {@link readAgentEvents}. */
export interface ReadAgentEventsOptions<E extends { type: string } = AgentEvent> extends Pick<
  AgentEventParserOptions<E>,
  "lastEventId" | "maxEventLength" | "schema"
> {
  /** Ends the loop at once with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /** The longest silence, in milliseconds; comments count as signs of life. Default: no limit. */
  idleTimeoutMs?: number | undefined;
}

/** What {@link readAgentEvents} returns. One-shot: consume it once, one by one or in batches. */
export interface AgentEvents<E = AgentEvent> extends AsyncIterableIterator<ReceivedEvent<E>> {
  /** The same events in arrays, each of them what one chunk of the source completed. */
  batches(): AsyncIterableIterator<ReceivedEvent<E>[]>;
}

/**
 * Reads the agent events of a response, or of any source of bytes, that is already there. It does not
 * reconnect; `connectAgentStream` does.
 *
 * @throws AgentStreamError from the loop: `UNEXPECTED_STATUS`, `UNEXPECTED_CONTENT_TYPE`,
 * `INVALID_EVENT`, `EVENT_TOO_LARGE`, `IDLE_TIMEOUT`, and `INCOMPLETE_STREAM` when the source ends
 * before `done`. All events before the failure come out first.
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
  return new AgentEventReader(source, options);
}

class AgentEventReader<E extends { type: string }> implements AgentEvents<E> {
  readonly #source: Response | ByteSource;
  readonly #options: ReadAgentEventsOptions<E>;
  readonly #parser: AgentEventParser<E>;
  #chunks: AsyncIterableIterator<Uint8Array> | undefined;
  #batch: ReceivedEvent<E>[] = [];
  #next = 0;
  #ended = false;

  constructor(source: Response | ByteSource, options: ReadAgentEventsOptions<E>) {
    this.#source = source;
    this.#options = options;
    this.#parser = new AgentEventParser(options);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ReceivedEvent<E>, undefined>> {
    const received = this.#batch[this.#next];
    // Most events are here already: no async function for those.
    if (received && !this.#options.signal?.aborted) {
      this.#next++;
      return Promise.resolve({ done: false, value: received });
    }
    return this.#nextOfSource();
  }

  async return(): Promise<IteratorResult<ReceivedEvent<E>, undefined>> {
    this.#ended = true;
    this.#batch = [];
    await this.#cancel();
    return { done: true, value: undefined };
  }

  batches(): AsyncIterableIterator<ReceivedEvent<E>[]> {
    const batches: AsyncIterableIterator<ReceivedEvent<E>[]> = {
      next: async () => {
        const batch = await this.#nextBatch();
        return batch ? { done: false, value: batch } : { done: true, value: undefined };
      },
      return: async () => {
        await this.return();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => batches,
    };
    return batches;
  }

  async #nextOfSource(): Promise<IteratorResult<ReceivedEvent<E>, undefined>> {
    const batch = await this.#nextBatch();
    const received = batch?.[0];
    if (!batch || !received) return { done: true, value: undefined };
    this.#batch = batch;
    this.#next = 1;
    return { done: false, value: received };
  }

  /** Never empty; `undefined` at the end. */
  async #nextBatch(): Promise<ReceivedEvent<E>[] | undefined> {
    if (this.#ended) return undefined;
    try {
      this.#options.signal?.throwIfAborted();
      this.#chunks ??= await this.#open();
      for (;;) {
        const batch = this.#parser.readBatch();
        if (batch.length > 0) return batch;
        const chunk = await this.#chunks.next();
        if (chunk.done) break;
        this.#parser.push(chunk.value);
      }
      this.#ended = true;
      this.#parser.end();
      return undefined;
    } catch (error) {
      this.#ended = true;
      this.#cancel().catch(ignoreRejection);
      throw error;
    }
  }

  async #open(): Promise<AsyncIterableIterator<Uint8Array>> {
    const { signal, idleTimeoutMs = Infinity } = this.#options;
    const source = this.#source;
    const { lastEventId } = this.#parser;
    const bytes = "body" in source ? (source.body ?? []) : source;
    if ("body" in source) {
      // The body of an error may trickle, or never come; the error does not wait for it.
      const open = () => iterateBytes(bytes, { signal, idleTimeoutMs: 1000, idleError: Error });
      await checkResponse(source, open, lastEventId);
    }
    const idleError = () => idleTimeoutError(idleTimeoutMs, this.#parser.lastEventId);
    return iterateBytes(bytes, { signal, idleTimeoutMs, idleError });
  }

  /** Also a source that was never read is told that nobody wants it. */
  async #cancel(): Promise<void> {
    if (this.#chunks) await this.#chunks.return?.();
    else if ("body" in this.#source) await this.#source.body?.cancel();
  }
}
