import {
  anAbortSignal,
  checkOptions,
  nonEmptyString,
  openByteSource,
  timeLimit,
  type ByteSource,
  type OptionRules,
} from "@freshet/core";
import { invalidOption } from "../bedrock-error.ts";
import {
  BedrockDecoder,
  type DecodedEvent,
  type FrameLimits,
  type BedrockOperation,
} from "./bedrock-decoder.ts";
import type { ConverseStreamEvent } from "./converse-events.ts";
import { openEventStream, type ReadOptions } from "./event-stream.ts";

/** Options of the functions that decode a response body. */
export type DecodeOptions = FrameLimits & ReadOptions;

const rules: OptionRules<ReadOptions> = {
  signal: anAbortSignal,
  idleTimeoutMs: timeLimit,
  requestId: nonEmptyString,
};

/**
 * Decodes the response body of ConverseStream. Leaving the loop cancels the source.
 *
 * @throws BedrockError after every event before the fault: an exception inside the stream,
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
  return decodeStream(source, "converse", options);
}

/**
 * Decodes the response body of InvokeModelWithResponseStream into the JSON inside its chunks. `T` is
 * the model's type of chunk, such as `AnthropicChunk`; it is not checked. Events of an unknown type
 * are left out: `BedrockDecoder` returns them.
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
  return decodeStream(source, "invoke", options) as AsyncGenerator<T, undefined>;
}

function decodeStream<Op extends BedrockOperation>(
  source: ByteSource,
  operation: Op,
  options: DecodeOptions,
): AsyncGenerator<DecodedEvent<Op>, undefined> {
  checkOptions(options, rules, invalidOption);
  const { maxMessageBytes, maxHeaderBytes } = options;
  const decoder = new BedrockDecoder({ operation, maxMessageBytes, maxHeaderBytes });
  return openEventStream({ bytes: openByteSource(source), decoder, options });
}
