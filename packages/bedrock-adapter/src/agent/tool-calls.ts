import type { AgentAnswer } from "./agent-event-writer.ts";

interface OpenToolCall {
  id: string;
  name: string;
  input: string;
}

/**
 * Tool calls whose input is still arriving, by the key that their dialect has for them. A call
 * becomes an event only when it is complete: half an input must never be run.
 */
export class ToolCalls {
  readonly #open = new Map<number, OpenToolCall>();

  start(key: number, id: string, name: string): void {
    this.#open.set(key, { id, name, input: "" });
  }

  /** A piece of the input. A call that never had a start begins here, without a name. */
  append(key: number, input: string): void {
    const call = this.#open.get(key);
    if (call) call.input += input;
    else this.#open.set(key, { id: "", name: "", input });
  }

  has(key: number): boolean {
    return this.#open.has(key);
  }

  /** The call is complete. Does nothing if that block was no tool call. */
  stop(key: number, answer: AgentAnswer): void {
    const call = this.#open.get(key);
    if (!call) return;
    this.#open.delete(key);
    answer.toolUse(call.id, call.name, call.input);
  }

  /** For dialects that end all calls at once. */
  stopAll(answer: AgentAnswer): void {
    for (const key of [...this.#open.keys()]) this.stop(key, answer);
  }
}
