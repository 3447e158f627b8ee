import { addAsyncDispose, type AgentEvent, type AsyncDisposableLike } from "@freshet/core";
import type { AgentEventInput, AgentEventOptions } from "../agent/agent-event-options.ts";
import { toAgentEvents } from "../agent/to-agent-events.ts";
import { openEventStream, type DecodableBody } from "../decode/event-stream.ts";
import { requestIdOf } from "./http-error.ts";

/**
 * A response that has begun: its first event has arrived. Iterate it once, as Bedrock's events or as
 * agent events. Leaving the loop closes the connection, as does `await using`.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- addAsyncDispose adds the member
export class BedrockResponse<T> implements AsyncIterable<T> {
  static {
    addAsyncDispose<BedrockResponse<unknown>>(this.prototype, (response) => response.cancel());
  }

  /** `x-amzn-requestid`: AWS support asks for it. It is also in every error. */
  readonly requestId: string | undefined;
  /** The headers of the HTTP response. */
  readonly headers: Headers;
  /** The model id of the request. */
  readonly modelId: string;
  readonly #events: AsyncGenerator<T, undefined>;
  #agentEvents: AsyncGenerator<AgentEvent> | undefined;

  /** Called by `BedrockClient`. */
  constructor(body: DecodableBody<T>, modelId: string, headers: Headers) {
    this.#events = openEventStream(body);
    this.modelId = modelId;
    this.headers = headers;
    this.requestId = requestIdOf(headers);
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    return this.#events;
  }

  /** The response as agent events. The default of `model` is the request's model id. */
  toAgentEvents(options: AgentEventOptions = {}): AsyncGenerator<AgentEvent> {
    const events = this.#events as AsyncIterable<AgentEventInput>;
    const model = options.model ?? this.modelId;
    return (this.#agentEvents = toAgentEvents(events, { ...options, model }));
  }

  /** Closes the connection of a response that nobody reads. */
  async cancel(): Promise<void> {
    await this.#agentEvents?.return(undefined);
    await this.#events.return(undefined);
  }
}

// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- as above
export interface BedrockResponse<T> extends AsyncDisposableLike {}
