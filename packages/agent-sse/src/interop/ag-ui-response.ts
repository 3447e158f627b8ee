import { aBoolean, aFunction, anObject, checkOptions } from "@freshet/core";
import {
  logError,
  reportTo,
  SourceFailures,
  type AgentFrameWriterOptions,
  type AgentStreamItem,
} from "../server/agent-frame-writer.ts";
import { eventStreamResponse, type AgentStreamSource } from "../server/agent-stream-response.ts";
import { AgentStreamWriter } from "../server/agent-stream-writer.ts";
import {
  frameStreamRules,
  type FrameStreamOptions,
  type FrameWriter,
} from "../server/frame-stream.ts";
import { stringifyJson } from "../wire/encode-json.ts";
import { invalidOption } from "../wire/error.ts";
import { AgUiRuns, toAgUiRules, type ToAgUiOptions } from "./to-ag-ui.ts";

/** Options of {@link agUiResponse}. */
export interface AgUiResponseOptions
  extends
    ToAgUiOptions,
    FrameStreamOptions,
    Pick<AgentFrameWriterOptions, "onError" | "resumable"> {
  /** More headers for the response. */
  headers?: ResponseInit["headers"] | undefined;
}

const rules = {
  ...toAgUiRules,
  ...frameStreamRules,
  headers: anObject,
  onError: aFunction,
  resumable: aBoolean,
};

/**
 * Creates the response to an AG-UI client (`HttpAgent`) from the events of one turn. It ends with the turn. An
 * exception in the source becomes a RUN_ERROR, masked as `agentStreamResponse` does; where events have ids, it
 * cuts the response.
 *
 * @throws AgentStreamError `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { agentEvent } from "@freshet/agent-sse";
 * import { agUiResponse } from "@freshet/agent-sse/ag-ui";
 *
 * const events = [agentEvent.token("Hi"), agentEvent.done()];
 * const server = { fetch: () => agUiResponse(events, { threadId: "t", runId: "r" }) };
 * ```
 */
export function agUiResponse(source: AgentStreamSource, options: AgUiResponseOptions): Response {
  checkOptions(options, rules, invalidOption);
  const events = typeof source === "function" ? AgentStreamWriter.run(source) : source;
  return eventStreamResponse(events, new AgUiFrameWriter(options), options);
}

class AgUiFrameWriter implements FrameWriter<AgentStreamItem> {
  readonly opening: string = ":\n\n";
  /** For an AG-UI client the end of a body is the end of a run. */
  readonly cut = "error";
  readonly #runs: AgUiRuns;
  readonly #onError: NonNullable<AgentFrameWriterOptions["onError"]>;
  readonly #failures: SourceFailures;

  constructor({ onError = logError, resumable, ...ids }: AgUiResponseOptions) {
    this.#runs = new AgUiRuns(ids);
    this.#onError = onError;
    this.#failures = new SourceFailures(onError, resumable);
  }

  get isComplete(): boolean {
    return this.#runs.finished > 0;
  }

  write(item: AgentStreamItem): string {
    return frames(this.#runs.push(this.#failures.note(item).event));
  }

  fail(error: unknown): string | undefined {
    return this.#failures.report(error, ({ errorType, message, details }) =>
      frames(this.#runs.fail(errorType, message, details)),
    );
  }

  close(): string {
    return frames(this.#runs.end());
  }

  report(error: unknown): void {
    reportTo(this.#onError, error);
  }
}

function frames(events: readonly object[]): string {
  return events.map((event) => `data: ${stringifyJson(event)}\n\n`).join("");
}
