import type { AgentEvent } from "@freshet/core";
import type { AgentEventInput, AgentEventOptions } from "../agent/agent-event-options.ts";
import { requestIdOf } from "./http-attempt.ts";
import { asGenerator, type ParsedStream } from "../decode/parsed-stream.ts";
import { toAgentEvents } from "../agent/to-agent-events.ts";

/**
 * A response that has begun: its first event has arrived. Iterate it once, as it is or as agent events.
 * Leaving the loop closes the connection.
 */
export class BedrockResponse<T> implements AsyncIterable<T> {
  /** `x-amzn-requestid`: what AWS support asks for. Also in every error. */
  readonly requestId: string | undefined;
  /** The headers of the HTTP response. */
  readonly headers: Headers;
  /** The model id of the request. */
  readonly modelId: string;
  readonly #stream: ParsedStream<T>;

  /** Made by `BedrockClient`. */
  constructor(stream: ParsedStream<T>, modelId: string, headers: Headers) {
    this.#stream = stream;
    this.modelId = modelId;
    this.headers = headers;
    this.requestId = requestIdOf(headers);
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    return asGenerator(this.#stream);
  }

  /** The response as agent events; `model` is the request's model id unless you say otherwise. */
  toAgentEvents(options: AgentEventOptions = {}): AsyncGenerator<AgentEvent> {
    const stream = this.#stream as unknown as AsyncIterable<AgentEventInput>;
    return toAgentEvents(stream, { model: this.modelId, ...options });
  }

  /** Closes the connection of a response that nobody will read. */
  async cancel(): Promise<void> {
    await this.#stream.return();
  }
}
