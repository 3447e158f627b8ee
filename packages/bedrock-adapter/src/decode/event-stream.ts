import {
  FreshetError,
  parseStream,
  type OpenByteSource,
  type ParseStreamOptions,
  type PushParser,
} from "@freshet/core";
import { BedrockError, networkError } from "../bedrock-error.ts";

/** Options of everything that reads a response body. */
export interface ReadOptions {
  /** Ends the stream immediately with the signal's own reason, and cancels the source. */
  signal?: AbortSignal | undefined;
  /**
   * The longest wait for the next bytes, in milliseconds; then IDLE_TIMEOUT. Default: no limit, as for
   * more than a timer's 24 days.
   */
  idleTimeoutMs?: number | undefined;
  /** Added to every error. */
  requestId?: string | undefined;
}

/** A response body and its decoder. All streams of it share both, so that each reads on where another left. */
export interface DecodableBody<T> {
  readonly bytes: OpenByteSource;
  readonly decoder: PushParser<T>;
  /** `onEnd` is called when a stream of this body reads no more bytes. */
  readonly options: ReadOptions & Pick<ParseStreamOptions, "onEnd">;
}

const bodies = new WeakMap<object, DecodableBody<unknown>>();

/** Opens a stream of the body's events. */
export function openEventStream<T>(body: DecodableBody<T>): AsyncGenerator<T, undefined> {
  const stream = parseStream(body.bytes, body.decoder, parseOptions(body.options));
  bodies.set(stream, body);
  return stream;
}

/** The body of a stream that {@link openEventStream} opened, to read it in another form. */
export function bodyOf(stream: object): DecodableBody<unknown> | undefined {
  return bodies.get(stream);
}

/** The options for `parseStream` with the errors of this package. */
export function parseOptions({
  signal,
  idleTimeoutMs,
  requestId,
  onEnd,
}: DecodableBody<unknown>["options"]): ParseStreamOptions {
  return {
    signal,
    idleTimeoutMs,
    idleError,
    onEnd,
    toError: (error, origin) => {
      const typed = origin === "source" ? sourceError(error) : error;
      return requestId !== undefined && typed instanceof BedrockError
        ? typed.with({ requestId })
        : typed;
    },
  };
}

export function idleError(idleTimeoutMs: number): BedrockError {
  return new BedrockError(
    "IDLE_TIMEOUT",
    `Bedrock sent nothing for ${idleTimeoutMs} ms inside the response: raise idleTimeoutMs for a model that pauses longer.`,
  );
}

function sourceError(error: unknown): unknown {
  if (error instanceof FreshetError) return error;
  // The owner of the source has closed it, by the signal of a fetch for example.
  if (error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError")) {
    return error;
  }
  return networkError("The connection broke inside the response", error);
}
