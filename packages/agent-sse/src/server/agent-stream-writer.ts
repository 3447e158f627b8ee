import { ignoreRejection } from "@freshet/core";
import {
  agentEvent,
  type AgentEventBuilders,
  type CreationOptions,
  type DoneOptions,
  type ToolResultOptions,
} from "../wire/agent-event.ts";
import type { AgentStreamItem } from "./agent-frame-writer.ts";

type EventWriters = {
  [Name in keyof AgentEventBuilders]: (
    ...options: Parameters<AgentEventBuilders[Name]>
  ) => Promise<void>;
};

/**
 * Writes the events of a response by calls, for code that cannot be a generator. Each method resolves when
 * the client is ready for more, so `await` it. Once the client has left, each rejects with the reason of
 * {@link AgentStreamWriter.signal}.
 */
export class AgentStreamWriter implements EventWriters {
  readonly #clientLeft = new AbortController();
  #queue: Waiting[] = [];
  /** The first of the queue that is not read yet. */
  #read = 0;
  /** Wakes the read that waits for the next event. */
  #wake: (() => void) | undefined;
  #end: { error?: unknown } | undefined;

  /** Iterates the events that `write` writes. It is called when the first event is requested. */
  static run(
    write: (writer: AgentStreamWriter) => Promise<void>,
  ): AsyncIterableIterator<AgentStreamItem> {
    const writer = new AgentStreamWriter();
    let running: Promise<void> | undefined;
    const events: AsyncIterableIterator<AgentStreamItem> = {
      next: () => {
        running ??= writer.#run(write);
        return writer.#next();
      },
      return: async () => {
        writer.#onClientLeft();
        await running;
        // The writer may reject with the reason of its signal; any other error is a failure of its own.
        const end = writer.#end ?? {};
        if ("error" in end && end.error !== writer.signal.reason) throw end.error;
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => events,
    };
    return events;
  }

  /** Fires when the client has left. Pass it to the model's client. */
  get signal(): AbortSignal {
    return this.#clientLeft.signal;
  }

  /** Writes any event, with the id that a reader resumes after. */
  write(item: AgentStreamItem): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      if (this.#clientLeft.signal.aborted) reject(this.#clientLeft.signal.reason);
      else this.#queue.push({ item, resolve, reject });
    });
    // A caller that does not await it gets no unhandled rejection when the client leaves.
    written.catch(ignoreRejection);
    this.#wake?.();
    return written;
  }

  token(text: string): Promise<void> {
    return this.write(agentEvent.token(text));
  }

  thinking(text: string): Promise<void> {
    return this.write(agentEvent.thinking(text));
  }

  toolUse(toolName: string, toolUseId: string, inputSummary?: string): Promise<void> {
    return this.write(agentEvent.toolUse(toolName, toolUseId, inputSummary));
  }

  toolResult(toolName: string, toolUseId: string, options?: ToolResultOptions): Promise<void> {
    return this.write(agentEvent.toolResult(toolName, toolUseId, options));
  }

  turn(turnNumber: number, totalTools?: number): Promise<void> {
    return this.write(agentEvent.turn(turnNumber, totalTools));
  }

  progress(
    step: string,
    percentage: number,
    message: string,
    subProgress?: Record<string, unknown>,
  ): Promise<void> {
    return this.write(agentEvent.progress(step, percentage, message, subProgress));
  }

  creation(creationType: string, count: number, options?: CreationOptions): Promise<void> {
    return this.write(agentEvent.creation(creationType, count, options));
  }

  toolInput(...options: Parameters<AgentEventBuilders["toolInput"]>): Promise<void> {
    return this.write(agentEvent.toolInput(...options));
  }

  message(...options: Parameters<AgentEventBuilders["message"]>): Promise<void> {
    return this.write(agentEvent.message(...options));
  }

  source(...options: Parameters<AgentEventBuilders["source"]>): Promise<void> {
    return this.write(agentEvent.source(...options));
  }

  file(...options: Parameters<AgentEventBuilders["file"]>): Promise<void> {
    return this.write(agentEvent.file(...options));
  }

  state(...options: Parameters<AgentEventBuilders["state"]>): Promise<void> {
    return this.write(agentEvent.state(...options));
  }

  approvalRequest(...options: Parameters<AgentEventBuilders["approvalRequest"]>): Promise<void> {
    return this.write(agentEvent.approvalRequest(...options));
  }

  approval(...options: Parameters<AgentEventBuilders["approval"]>): Promise<void> {
    return this.write(agentEvent.approval(...options));
  }

  stopped(...options: Parameters<AgentEventBuilders["stopped"]>): Promise<void> {
    return this.write(agentEvent.stopped(...options));
  }

  error(errorType: string, message: string, details?: Record<string, unknown>): Promise<void> {
    return this.write(agentEvent.error(errorType, message, details));
  }

  done(options?: DoneOptions): Promise<void> {
    return this.write(agentEvent.done(options));
  }

  async #run(write: (writer: AgentStreamWriter) => Promise<void>): Promise<void> {
    try {
      await write(this);
      this.#end = {};
    } catch (error) {
      this.#end = { error };
    }
    this.#wake?.();
  }

  async #next(): Promise<IteratorResult<AgentStreamItem, undefined>> {
    for (;;) {
      const waiting = this.#takeFirst();
      if (waiting) {
        waiting.resolve();
        return { done: false, value: waiting.item };
      }
      if (this.#clientLeft.signal.aborted) return { done: true, value: undefined };
      const end = this.#end;
      if (end) {
        // Thrown here, so `return` must not throw it again.
        this.#end = {};
        if ("error" in end) throw end.error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  /** Not `shift`, which moves all that wait: a long queue would take quadratic time. */
  #takeFirst(): Waiting | undefined {
    const waiting = this.#queue[this.#read];
    if (!waiting) return undefined;
    this.#read++;
    if (
      this.#read === this.#queue.length ||
      (this.#read >= 1000 && this.#read > this.#queue.length / 2)
    ) {
      this.#queue = this.#queue.slice(this.#read);
      this.#read = 0;
    }
    return waiting;
  }

  #onClientLeft(): void {
    this.#clientLeft.abort(new DOMException("The client has left.", "AbortError"));
    for (const { reject } of this.#queue.splice(this.#read)) reject(this.#clientLeft.signal.reason);
    this.#wake?.();
  }
}

interface Waiting {
  item: AgentStreamItem;
  resolve: () => void;
  reject: (reason: unknown) => void;
}
