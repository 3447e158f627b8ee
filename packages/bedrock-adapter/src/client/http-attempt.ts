import {
  abortable,
  FreshetError,
  ignoreRejection,
  openByteSource,
  SilenceTimer,
  type Fetch,
  type OpenByteSource,
} from "@freshet/core";
import { BedrockError, networkError } from "../bedrock-error.ts";
import {
  BedrockDecoder,
  type DecodedEvent,
  type BedrockOperation,
} from "../decode/bedrock-decoder.ts";
import { idleError, type DecodableBody } from "../decode/event-stream.ts";
import { httpError, requestIdOf } from "./http-error.ts";

/**
 * One try of a request, until the end of its response. It owns the signal of the connection, which the
 * caller's abort and the time limits before the first event both abort.
 */
export class HttpAttempt {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  #timer: SilenceTimer | undefined;

  constructor(firstByteTimeoutMs: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    caller?.addEventListener("abort", this.#onCallerAbort, { once: true });
    this.#startTimer(firstByteTimeoutMs, firstByteError);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Sends the request. Throws a BedrockError for every status that is not a success. */
  async send(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
    const { signal } = this;
    let response: Response;
    try {
      // Not every fetch that can be passed in obeys its signal.
      response = await abortable(fetch(url, { ...init, signal }), signal, ({ body }) =>
        body?.cancel(),
      );
    } catch (error) {
      throw this.#failure(error, "The request failed");
    }
    if (response.ok) return response;
    const error = await httpError(response, signal);
    signal.throwIfAborted();
    throw error;
  }

  /** Reads up to the first event, which stays in the decoder. The attempt then ends with the stream. */
  async open<Op extends BedrockOperation>(
    response: Response,
    operation: Op,
    idleTimeoutMs: number,
  ): Promise<DecodableBody<DecodedEvent<Op>>> {
    const requestId = requestIdOf(response.headers);
    const decoder = new BedrockDecoder({ operation });
    const bytes = openByteSource(response.body ?? []);
    try {
      await this.#readFirstEvent(bytes, decoder, idleTimeoutMs);
    } catch (error) {
      bytes.cancel(error).catch(ignoreRejection);
      if (this.signal.aborted || !(error instanceof BedrockError)) throw error;
      throw error.with({ requestId });
    }
    this.#timer?.close();
    const { signal } = this;
    const onEnd = () => this.end();
    return { bytes, decoder, options: { signal, idleTimeoutMs, requestId, onEnd } };
  }

  /** Leaves nothing behind: no timer, no listener. */
  end(): void {
    this.#timer?.close();
    this.#caller?.removeEventListener("abort", this.#onCallerAbort);
  }

  async #readFirstEvent(
    bytes: OpenByteSource,
    decoder: BedrockDecoder<BedrockOperation>,
    idleTimeoutMs: number,
  ): Promise<void> {
    while (decoder.peek() === undefined) {
      const { done, value } = await this.#read(bytes);
      // From the first bytes on only silence is limited.
      this.#startTimer(idleTimeoutMs, idleError);
      if (done) {
        decoder.end();
        return;
      }
      decoder.push(value);
    }
  }

  async #read(bytes: OpenByteSource): Promise<IteratorResult<Uint8Array, unknown>> {
    try {
      return await abortable(bytes.read(), this.signal);
    } catch (error) {
      throw this.#failure(error, "The connection broke before the response began");
    }
  }

  readonly #onCallerAbort = (): void => {
    this.#controller.abort(this.#caller?.reason);
  };

  #startTimer(limitMs: number, toError: (limitMs: number) => BedrockError): void {
    this.#timer?.close();
    this.#timer = new SilenceTimer(limitMs, () => this.#controller.abort(toError(limitMs)));
    this.#timer.start();
  }

  #failure(error: unknown, what: string): unknown {
    const { signal } = this;
    if (signal.aborted) return signal.reason;
    if (error instanceof FreshetError) return error;
    return networkError(what, error);
  }
}

function firstByteError(firstByteTimeoutMs: number): BedrockError {
  return new BedrockError(
    "FIRST_BYTE_TIMEOUT",
    `Bedrock sent nothing for ${firstByteTimeoutMs} ms after the request: raise firstByteTimeoutMs for a model that thinks longer.`,
  );
}
