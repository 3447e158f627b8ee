import { checkOption, type AgentEvent } from "@freshet/core";
import {
  agentEvent,
  type AgentEventBuilders,
  type CreationOptions,
  type DoneOptions,
  type ToolResultOptions,
} from "../wire/agent-event.ts";
import { aJsonFormat, type JsonFormat } from "../wire/encode-json.ts";
import { invalidOption } from "../wire/error.ts";
import {
  formatAgentEvent,
  type FormatAgentEventOptions,
  type WireEvent,
} from "../wire/format-agent-event.ts";

/** Options of {@link AgentStreamEmitter}. */
export interface AgentStreamEmitterOptions {
  /** How data is written: `"json"` (default), or `"python"` for the bytes of the Python package. */
  format?: JsonFormat | undefined;
}

type FrameBuilders = {
  [Name in keyof AgentEventBuilders]: (...options: Parameters<AgentEventBuilders[Name]>) => string;
};

/**
 * Formats frames, one method per event, for servers that send the frames themselves.
 *
 * @example
 * ```ts
 * import { AgentStreamEmitter } from "@freshet/agent-sse";
 *
 * const emitter = new AgentStreamEmitter();
 * console.log(JSON.stringify(emitter.token("Hi"))); // "event: token\ndata: {\"text\":\"Hi\"}\n\n"
 * ```
 */
export class AgentStreamEmitter implements FrameBuilders {
  readonly #format: { format: JsonFormat };

  /** @throws AgentStreamError `INVALID_OPTION` */
  constructor({ format = "json" }: AgentStreamEmitterOptions = {}) {
    checkOption("format", format, aJsonFormat, invalidOption);
    this.#format = { format };
  }

  /** Formats any event, also one of a custom type, with the id that a reader resumes after. */
  event(event: AgentEvent | WireEvent, options?: Omit<FormatAgentEventOptions, "format">): string {
    return formatAgentEvent(event, { ...options, ...this.#format });
  }

  token(text: string): string {
    return formatAgentEvent(agentEvent.token(text), this.#format);
  }

  thinking(text: string): string {
    return formatAgentEvent(agentEvent.thinking(text), this.#format);
  }

  toolUse(toolName: string, toolUseId: string, inputSummary?: string): string {
    return formatAgentEvent(agentEvent.toolUse(toolName, toolUseId, inputSummary), this.#format);
  }

  toolResult(toolName: string, toolUseId: string, options?: ToolResultOptions): string {
    return formatAgentEvent(agentEvent.toolResult(toolName, toolUseId, options), this.#format);
  }

  turn(turnNumber: number, totalTools?: number): string {
    return formatAgentEvent(agentEvent.turn(turnNumber, totalTools), this.#format);
  }

  progress(
    step: string,
    percentage: number,
    message: string,
    subProgress?: Record<string, unknown>,
  ): string {
    const event = agentEvent.progress(step, percentage, message, subProgress);
    return formatAgentEvent(event, this.#format);
  }

  creation(creationType: string, count: number, options?: CreationOptions): string {
    return formatAgentEvent(agentEvent.creation(creationType, count, options), this.#format);
  }

  toolInput(...options: Parameters<AgentEventBuilders["toolInput"]>): string {
    return formatAgentEvent(agentEvent.toolInput(...options), this.#format);
  }

  message(...options: Parameters<AgentEventBuilders["message"]>): string {
    return formatAgentEvent(agentEvent.message(...options), this.#format);
  }

  source(...options: Parameters<AgentEventBuilders["source"]>): string {
    return formatAgentEvent(agentEvent.source(...options), this.#format);
  }

  file(...options: Parameters<AgentEventBuilders["file"]>): string {
    return formatAgentEvent(agentEvent.file(...options), this.#format);
  }

  state(...options: Parameters<AgentEventBuilders["state"]>): string {
    return formatAgentEvent(agentEvent.state(...options), this.#format);
  }

  approvalRequest(...options: Parameters<AgentEventBuilders["approvalRequest"]>): string {
    return formatAgentEvent(agentEvent.approvalRequest(...options), this.#format);
  }

  approval(...options: Parameters<AgentEventBuilders["approval"]>): string {
    return formatAgentEvent(agentEvent.approval(...options), this.#format);
  }

  stopped(...options: Parameters<AgentEventBuilders["stopped"]>): string {
    return formatAgentEvent(agentEvent.stopped(...options), this.#format);
  }

  error(errorType: string, message: string, details?: Record<string, unknown>): string {
    return formatAgentEvent(agentEvent.error(errorType, message, details), this.#format);
  }

  done(options?: DoneOptions): string {
    return formatAgentEvent(agentEvent.done(options), this.#format);
  }
}
