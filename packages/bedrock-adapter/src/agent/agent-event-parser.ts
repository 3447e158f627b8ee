import type { AgentEvent, PushParser } from "@freshet/core";
import type { AgentEventMapper } from "./agent-event-mapper.ts";
import type { AgentEventInput } from "./agent-event-options.ts";

export { AgentEventMapper } from "./agent-event-mapper.ts";

/** Parses a response body into agent events: a decoder, followed by a mapper. */
export class AgentEventParser implements PushParser<AgentEvent> {
  readonly #decoder: PushParser<unknown>;
  readonly #mapper: AgentEventMapper;
  #hasEnded = false;

  constructor(decoder: PushParser<unknown>, mapper: AgentEventMapper) {
    this.#decoder = decoder;
    this.#mapper = mapper;
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  read(): AgentEvent | undefined {
    for (;;) {
      const out = this.#mapper.read();
      if (out !== undefined || this.#hasEnded) return out;
      const event = this.#decoder.read();
      if (event === undefined) return undefined;
      this.#mapper.push(event as AgentEventInput);
    }
  }

  end(): void {
    this.#decoder.end();
    this.#hasEnded = true;
    this.#mapper.end();
  }

  fail(error: unknown): boolean {
    this.#hasEnded = true;
    return this.#mapper.fail(error);
  }
}
