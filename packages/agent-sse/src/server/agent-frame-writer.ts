import type { AgentEvent } from "@freshet/core";
import { agentEvent } from "../wire/agent-event.ts";
import type { JsonFormat } from "../wire/encode-json.ts";
import { formatAgentEvent, formatRetry, type WireEvent } from "../wire/format-agent-event.ts";
import type { FrameWriter } from "./stream-pump.ts";

/** An event, or an event and the id that a reader resumes after. */
export type AgentStreamItem<E extends WireEvent = AgentEvent | WireEvent> =
  E | { event: E; id?: string | undefined };

/** What the client is told of a failure. */
export interface ClientError {
  errorType: string;
  message: string;
  details?: Record<string, unknown> | undefined;
}

export interface AgentFrameWriterOptions {
  /** Tells readers how long to wait before they reconnect, in milliseconds. */
  retryMs?: number | undefined;
  /** Default `"json"`. */
  format?: JsonFormat | undefined;
  /**
   * Called with whatever the source throws. Return what the client may be told as an `error` event, or
   * nothing for "internal_error". Default: `console.error`.
   */
  onError?: ((error: unknown) => ClientError | undefined) | undefined;
}

/** Writes agent events; a failure becomes an `error` event and a `done`. */
export class AgentFrameWriter implements FrameWriter<AgentStreamItem> {
  /** A comment: the client and all proxies between see at once that the response has begun. */
  readonly opening: string;
  readonly #format: JsonFormat | undefined;
  readonly #onError: (error: unknown) => ClientError | undefined;
  #isDone = false;

  constructor({ retryMs, format, onError = logError }: AgentFrameWriterOptions) {
    this.opening = `:\n${retryMs === undefined ? "" : formatRetry(retryMs)}\n`;
    this.#format = format;
    this.#onError = onError;
  }

  write(item: AgentStreamItem): string {
    const isEvent = "type" in item;
    const event = isEvent ? item : item.event;
    const id = isEvent ? undefined : item.id;
    const frame = formatAgentEvent(event, { format: this.#format, id });
    this.#isDone = event.type === "done";
    return frame;
  }

  fail(error: unknown): string {
    const frames = clientErrorOf(error, this.#onError, (told) => this.#endOfTurn(told));
    // After `done` readers have left, and there is no turn that could fail.
    return this.#isDone ? "" : frames;
  }

  /** Nothing: readers know a good end by its `done`. */
  close(): string {
    return "";
  }

  report(error: unknown): void {
    reportTo(this.#onError, error);
  }

  #endOfTurn({ errorType, message, details }: ClientError): string {
    const options = { format: this.#format };
    return (
      formatAgentEvent(agentEvent.error(errorType, message, details), options) +
      formatAgentEvent(agentEvent.done(), options)
    );
  }
}

/**
 * Reports an error and writes what the client may know of it: what `onError` says, or the error itself
 * if it says so with `expose`, or nothing.
 */
export function clientErrorOf(
  error: unknown,
  onError: (error: unknown) => ClientError | undefined,
  write: (told: ClientError) => string,
): string {
  try {
    return write(onError(error) ?? exposed(error) ?? internalError);
  } catch (failure) {
    logError(failure);
    return write(internalError);
  }
}

/** Reports an error that the client is not told of. */
export function reportTo(onError: (error: unknown) => unknown, error: unknown): void {
  try {
    onError(error);
  } catch (failure) {
    logError(failure);
  }
}

export function logError(error: unknown): undefined {
  console.error(error);
}

const internalError: ClientError = {
  errorType: "internal_error",
  message: "The agent failed. Its log says why.",
};

/** Errors that say themselves that their message is meant for the client, as those of http-errors do. */
function exposed(error: unknown): ClientError | undefined {
  if (!(error instanceof Error) || !("expose" in error) || error.expose !== true) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { errorType: code, message: error.message };
}
