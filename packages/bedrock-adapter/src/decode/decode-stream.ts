import type { ByteSource } from "@freshet/core";
import {
  BedrockDecoder,
  type BedrockDecoderOptions,
  type BedrockEvent,
} from "./bedrock-decoder.ts";
import { BedrockError } from "../bedrock-error.ts";
import type { ConverseStreamEvent } from "./converse-events.ts";
import { asGenerator, ParsedStream, type ReadOptions } from "./parsed-stream.ts";
import type { PushParser } from "./push-parser.ts";

/** Options of the functions that decode a response body. */
export type DecodeOptions = BedrockDecoderOptions & ReadOptions;

/**
 * Decodes the response body of ConverseStream. Leaving the loop cancels the source.
 *
 * @throws BedrockError after every event that came before the fault: an exception inside the stream,
 * INVALID_FRAME, INVALID_PAYLOAD, INCOMPLETE_STREAM if the body ends before `messageStop`,
 * IDLE_TIMEOUT, NETWORK; the signal's own reason on abort
 * @example
 * ```ts
 * import { decodeConverseStream } from "@freshet/bedrock-adapter";
 *
 * export async function print(response: Response): Promise<void> {
 *   for await (const event of decodeConverseStream(response.body ?? [], { idleTimeoutMs: 60_000 })) {
 *     if (event.type === "contentBlockDelta") console.log(event.delta.text);
 *   }
 * }
 * ```
 */
export function decodeConverseStream(
  source: ByteSource,
  options: DecodeOptions = {},
): AsyncGenerator<ConverseStreamEvent, undefined> {
  return asGenerator(converseStream(source, options));
}

/**
 * Decodes the response body of InvokeModelWithResponseStream into the JSON inside its chunks. `T` is
 * what the model sends, such as `AnthropicChunk`; nothing checks it. Events of an unknown type are
 * left out: `BedrockDecoder` gives them.
 *
 * @throws BedrockError as `decodeConverseStream`
 * @example
 * ```ts
 * import { type AnthropicChunk, decodeInvokeModelStream } from "@freshet/bedrock-adapter";
 *
 * export async function print(response: Response): Promise<void> {
 *   for await (const chunk of decodeInvokeModelStream<AnthropicChunk>(response.body ?? [])) {
 *     if (chunk.type === "content_block_delta") console.log(chunk.delta.text);
 *   }
 * }
 * ```
 */
export function decodeInvokeModelStream<T = unknown>(
  source: ByteSource,
  options: DecodeOptions = {},
): AsyncGenerator<T, undefined> {
  return asGenerator(invokeModelStream<T>(source, options));
}

/** {@link decodeConverseStream} as the class, for what builds on it. */
export function converseStream(
  source: ByteSource,
  options: DecodeOptions,
): ParsedStream<ConverseStreamEvent> {
  return new ParsedStream(source, new OperationParser(options, converseEventOf), options);
}

/** {@link decodeInvokeModelStream} as the class, for what builds on it. */
export function invokeModelStream<T>(source: ByteSource, options: DecodeOptions): ParsedStream<T> {
  return new ParsedStream(
    source,
    new OperationParser(options, chunkOf),
    options,
  ) as ParsedStream<T>;
}

/** A decoder that gives only what one operation sends. */
class OperationParser<T> implements PushParser<T> {
  readonly #decoder: BedrockDecoder;
  readonly #pick: (event: BedrockEvent) => T | undefined;

  constructor(options: BedrockDecoderOptions, pick: (event: BedrockEvent) => T | undefined) {
    this.#decoder = new BedrockDecoder(options);
    this.#pick = pick;
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  read(): T | undefined {
    for (let event = this.#decoder.read(); event; event = this.#decoder.read()) {
      const picked = this.#pick(event);
      if (picked !== undefined) return picked;
    }
    return undefined;
  }

  end(): void {
    this.#decoder.end();
  }
}

function converseEventOf(event: BedrockEvent): ConverseStreamEvent {
  if (event.type !== "chunk") return event;
  throw wrongOperation("InvokeModelWithResponseStream", "decodeInvokeModelStream");
}

function chunkOf(event: BedrockEvent): unknown {
  if (event.type === "chunk") return event.chunk;
  if (event.type === "unknown") return undefined;
  throw wrongOperation("ConverseStream", "decodeConverseStream");
}

function wrongOperation(operation: string, decode: string): BedrockError {
  const message = `This is a response of ${operation}: read it with ${decode}.`;
  return new BedrockError("INVALID_PAYLOAD", message);
}
