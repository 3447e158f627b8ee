import type { ConverseStreamEvent } from "../decode/converse-events.ts";
import type { InvokeModelEvent } from "../decode/invoke-chunks.ts";

/** The input of `toAgentEvents`: Converse events, Invoke events, or the chunks inside them. */
export type AgentEventInput = ConverseStreamEvent | InvokeModelEvent | object;

/** Options of `toAgentEvents`. */
export interface AgentEventOptions {
  /**
   * The model's id. It becomes `model` of `done`, and distinguishes families whose chunks look alike
   * (DeepSeek R1 from Llama, Jamba from gpt-oss). Default: the name on the wire, where there is one.
   */
  model?: string | undefined;
  /** Tool names by tool_use_id, for results of calls that an earlier response made. */
  toolNames?: Readonly<Record<string, string>> | undefined;
  /**
   * What a failure becomes. `throw` (the default): the error itself, after every event that came
   * before it. `event`: an `error` event, and then the `done` that ends every turn. An abort always
   * rejects with the signal's own reason.
   */
  errors?: "throw" | "event" | undefined;
  /**
   * Called with each of Bedrock's events before it becomes agent events, for a
   * `ConverseMessageBuilder` for example. Faster than a generator around the events, because these
   * then still go from the bytes to agent events in one synchronous pass.
   */
  onInput?: ((event: AgentEventInput) => void) | undefined;
}
