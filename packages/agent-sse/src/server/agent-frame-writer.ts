import { aBoolean, aFunction, wholeNumber, type AgentEvent, type OptionRules } from "@freshet/core";
import { agentEvent } from "../wire/agent-event.ts";
import { aJsonFormat, type JsonFormat } from "../wire/encode-json.ts";
import { formatAgentEvent, formatRetry, type WireEvent } from "../wire/format-agent-event.ts";
import type { FrameWriter } from "./frame-stream.ts";

/** An event, alone or with the id that a reader resumes after. */
export type AgentStreamItem<E extends WireEvent = AgentEvent | WireEvent> =
  E | { event: E; id?: string | undefined };

/** A failure as it is reported to the client. */
export interface ClientError {
  errorType: string;
  message: string;
  details?: Record<string, unknown> | undefined;
}

/** Options of {@link AgentFrameWriter}. */
export interface AgentFrameWriterOptions {
  /** How long readers wait before they reconnect, in milliseconds. Default: their own default. */
  retryMs?: number | undefined;
  /** Default `"json"`. */
  format?: JsonFormat | undefined;
  /**
   * Called with each error of the source. Returns the `error` event that the client gets, or `undefined`
   * for "internal_error". The result is not used where the response is cut (see `resumable`). Default:
   * `console.error`.
   */
  onError?: ((error: unknown) => ClientError | undefined) | undefined;
  /**
   * Whether the source reads events that are kept elsewhere. Its failure is then no failure of the agent: the
   * response ends without `done`, so that the client comes back and continues after its last id. Default:
   * true once an event has had an id.
   */
  resumable?: boolean | undefined;
}

export const agentFrameWriterRules: OptionRules<AgentFrameWriterOptions> = {
  retryMs: wholeNumber(0),
  format: aJsonFormat,
  onError: aFunction,
  resumable: aBoolean,
};

/**
 * Writes agent events as frames. A failure of a source without ids becomes an `error` event and a `done`; that
 * of a source with ids cuts the response.
 */
export class AgentFrameWriter implements FrameWriter<AgentStreamItem> {
  readonly cut = "end";
  /** A comment, so that the client and all proxies in between see immediately that the response began. */
  readonly opening: string;
  readonly #format: JsonFormat | undefined;
  readonly #onError: (error: unknown) => ClientError | undefined;
  readonly #failures: SourceFailures;
  #isDone = false;

  constructor({ retryMs, format, onError = logError, resumable }: AgentFrameWriterOptions) {
    this.opening = `:\n${retryMs === undefined ? "" : formatRetry(retryMs)}\n`;
    this.#format = format;
    this.#onError = onError;
    this.#failures = new SourceFailures(onError, resumable);
  }

  write(item: AgentStreamItem): string {
    const { event, id } = this.#failures.note(item);
    const frame = formatAgentEvent(event, { format: this.#format, id });
    this.#isDone = event.type === "done";
    return frame;
  }

  fail(error: unknown): string | undefined {
    const frames = this.#failures.report(error, (clientError) => this.#endOfTurn(clientError));
    // After `done` the readers have left, and no turn is left that could fail.
    return frames !== undefined && this.#isDone ? "" : frames;
  }

  /** Writes nothing: readers recognise a complete stream by its `done`. */
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

/** Decides how a response reports the failure of its source. */
export class SourceFailures {
  readonly #onError: (error: unknown) => ClientError | undefined;
  #isResumable: boolean;
  readonly #isFixed: boolean;

  constructor(
    onError: (error: unknown) => ClientError | undefined,
    resumable: boolean | undefined,
  ) {
    this.#onError = onError;
    this.#isResumable = resumable ?? false;
    this.#isFixed = resumable !== undefined;
  }

  /** Takes note of whether events have ids; returns the event and its id. */
  note(item: AgentStreamItem): { event: AgentEvent | WireEvent; id: string | undefined } {
    if ("type" in item) return { event: item, id: undefined };
    if (item.id && !this.#isFixed) this.#isResumable = true;
    return { event: item.event, id: item.id };
  }

  /** Reports the error on the server. Returns what the client gets, or `undefined` for a cut. */
  report(error: unknown, write: (clientError: ClientError) => string): string | undefined {
    if (!this.#isResumable) return clientErrorOf(error, this.#onError, write);
    reportTo(this.#onError, error);
    return undefined;
  }
}

/**
 * Reports an error on the server and writes what the client may see of it: the result of `onError`, or the
 * error itself if it has `expose: true`, or "internal_error".
 */
function clientErrorOf(
  error: unknown,
  onError: (error: unknown) => ClientError | undefined,
  write: (clientError: ClientError) => string,
): string {
  try {
    return write(onError(error) ?? exposed(error) ?? internalError);
  } catch (failure) {
    logError(failure);
    return write(internalError);
  }
}

/** Reports an error that the client never sees. */
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
  message: "The agent failed. The server's log has the reason.",
};

/** An error whose message is meant for the client, as it says with `expose`, the convention of http-errors. */
function exposed(error: unknown): ClientError | undefined {
  if (!(error instanceof Error) || !("expose" in error) || error.expose !== true) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { errorType: code, message: error.message };
}
