import { encodeConverseEvent, encodeInvokeChunk } from "@freshet/bedrock-adapter/testing";

/** A response body in parts, so that its tokens can be repeated. */
export interface Body {
  head: Uint8Array;
  /** The frames of the tokens; a response may have them more than once. */
  tokens: Uint8Array;
  tail: Uint8Array;
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Creates frames of about 190 bytes, padded as Bedrock pads them. */
export function converseBody(tokenCount: number): Body {
  const tokens = tokenTexts(tokenCount).map((text, index) =>
    encodeConverseEvent(
      { type: "contentBlockDelta", contentBlockIndex: 0, delta: { text } },
      { padding: padding(index, 18) },
    ),
  );
  return {
    head: encodeConverseEvent({ type: "messageStart", role: "assistant" }),
    tokens: Buffer.concat(tokens),
    tail: Buffer.concat([
      encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 }),
      encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }),
      encodeConverseEvent({
        type: "metadata",
        usage: { inputTokens: 10, outputTokens: tokenCount, totalTokens: tokenCount + 10 },
        metrics: { latencyMs: 500 },
      }),
    ]),
  };
}

/** Creates frames of about 255 bytes, as Claude sends them through InvokeModelWithResponseStream. */
export function invokeBody(tokenCount: number): Body {
  const tokens = tokenTexts(tokenCount).map((text, index) =>
    encodeInvokeChunk(
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
      { padding: padding(index, 10) },
    ),
  );
  return {
    head: Buffer.concat(
      [
        {
          type: "message_start",
          message: {
            id: "msg_bdrk_bench",
            type: "message",
            role: "assistant",
            model: "claude-bench",
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 10, output_tokens: 1 },
          },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      ].map((chunk) => encodeInvokeChunk(chunk)),
    ),
    tokens: Buffer.concat(tokens),
    tail: Buffer.concat(
      [
        { type: "content_block_stop", index: 0 },
        {
          type: "message_delta",
          delta: { stop_reason: "end_turn", stop_sequence: null },
          usage: { output_tokens: tokenCount },
        },
        {
          type: "message_stop",
          "amazon-bedrock-invocationMetrics": {
            inputTokenCount: 10,
            outputTokenCount: tokenCount,
            invocationLatency: 500,
            firstByteLatency: 100,
          },
        },
      ].map((chunk) => encodeInvokeChunk(chunk)),
    ),
  };
}

/** The texts that every contestant must have read, for one pass over the tokens. */
export function tokenTexts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ` token${index % 1000}`);
}

function padding(index: number, around: number): string {
  return alphabet.slice(0, around - 9 + (index % 20));
}
