import type { AgentEventWriter } from "./agent-event-writer.ts";

interface OpenToolCall {
  id: string;
  name: string;
  input: string;
}

/**
 * Tool calls whose input is still arriving, by the key that their dialect uses. A call becomes an event
 * only when it is complete: a call with half of its input must never be run.
 */
export class ToolCalls {
  readonly #open = new Map<number, OpenToolCall>();

  start(key: number, id: string, name: string): void {
    this.#open.set(key, { id, name, input: "" });
  }

  /** Adds a piece of the input. A call without a start begins here, without a name. */
  append(key: number, input: string): void {
    const call = this.#open.get(key);
    if (call) call.input += input;
    else this.#open.set(key, { id: "", name: "", input });
  }

  has(key: number): boolean {
    return this.#open.has(key);
  }

  /** Completes a call. Does nothing if the block with that key is not a tool call. */
  stop(key: number, out: AgentEventWriter): void {
    const call = this.#open.get(key);
    if (!call) return;
    this.#open.delete(key);
    out.toolUse(call.id, call.name, call.input);
  }

  /** Completes all calls, for dialects that have no end for each. */
  stopAll(out: AgentEventWriter): void {
    for (const key of [...this.#open.keys()]) this.stop(key, out);
  }
}
