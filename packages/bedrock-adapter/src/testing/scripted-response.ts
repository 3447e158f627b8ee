import type { KnownConverseEvent, StopReason } from "../decode/converse-events.ts";
import type { JsonValue } from "../client/converse-request.ts";
import type { AnthropicChunk } from "../decode/invoke-chunks.ts";

/** A tool call of a scripted response. */
export interface ScriptedToolUse {
  name: string;
  input: JsonValue;
  /** Default: `tooluse_` and the call's number in the response. */
  toolUseId?: string;
}

/** One block of a scripted response. */
export type ScriptedPart = { reasoning: string } | { text: string } | { toolUse: ScriptedToolUse };

/** A response as its content; the fake turns it into the model's events. */
export interface ScriptedResponse {
  /** The blocks in order; a string is one block of text. */
  parts: string | readonly ScriptedPart[];
  /** Default: `tool_use` if the response ends with a tool call, else `end_turn`. */
  stopReason?: StopReason;
  /** Default: 10 input tokens, and the number of tokens of the script. */
  usage?: { inputTokens: number; outputTokens: number };
  /** The latency in the metadata, in milliseconds. Default 500. */
  latencyMs?: number;
}

/** Splits a text as models do: a few characters per token, a space before most words. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S{1,6}|\s+$/g) ?? [];
}

/** The events that ConverseStream would send for the script. */
export function converseScript(response: ScriptedResponse): KnownConverseEvent[] {
  const parts = partsOf(response);
  const events: KnownConverseEvent[] = [{ type: "messageStart", role: "assistant" }];
  for (const [contentBlockIndex, part] of parts.entries()) {
    if ("toolUse" in part) {
      const { name, toolUseId, pieces } = toolUseOf(part.toolUse, contentBlockIndex);
      events.push({
        type: "contentBlockStart",
        contentBlockIndex,
        start: { toolUse: { toolUseId, name } },
      });
      for (const input of pieces) {
        events.push({
          type: "contentBlockDelta",
          contentBlockIndex,
          delta: { toolUse: { input } },
        });
      }
    } else if ("reasoning" in part) {
      for (const text of tokensOf(part.reasoning)) {
        const delta = { reasoningContent: { text } };
        events.push({ type: "contentBlockDelta", contentBlockIndex, delta });
      }
      const delta = { reasoningContent: { signature: "c2lnbmF0dXJl" } };
      events.push({ type: "contentBlockDelta", contentBlockIndex, delta });
    } else {
      for (const text of tokensOf(part.text)) {
        events.push({ type: "contentBlockDelta", contentBlockIndex, delta: { text } });
      }
    }
    events.push({ type: "contentBlockStop", contentBlockIndex });
  }
  const { inputTokens, outputTokens } = usageOf(response);
  events.push(
    { type: "messageStop", stopReason: stopReasonOf(response) },
    {
      type: "metadata",
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      metrics: { latencyMs: response.latencyMs ?? 500 },
    },
  );
  return events;
}

/** The chunks that Claude would send through InvokeModelWithResponseStream for the script. */
export function anthropicScript(response: ScriptedResponse, model: string): AnthropicChunk[] {
  const { inputTokens, outputTokens } = usageOf(response);
  const chunks: AnthropicChunk[] = [
    {
      type: "message_start",
      message: {
        id: "msg_bdrk_fake",
        role: "assistant",
        model,
        usage: { input_tokens: inputTokens, output_tokens: 1 },
      },
    },
  ];
  for (const [index, part] of partsOf(response).entries()) {
    chunks.push(...anthropicBlock(part, index), { type: "content_block_stop", index });
  }
  const latency = response.latencyMs ?? 500;
  chunks.push(
    {
      type: "message_delta",
      delta: { stop_reason: stopReasonOf(response), stop_sequence: null },
      usage: { output_tokens: outputTokens },
    },
    {
      type: "message_stop",
      "amazon-bedrock-invocationMetrics": {
        inputTokenCount: inputTokens,
        outputTokenCount: outputTokens,
        invocationLatency: latency,
        firstByteLatency: Math.min(latency, 100),
      },
    },
  );
  return chunks;
}

function anthropicBlock(part: ScriptedPart, index: number): AnthropicChunk[] {
  const start = (content_block: { type: string; [field: string]: unknown }): AnthropicChunk => ({
    type: "content_block_start",
    index,
    content_block,
  });
  const delta = (fields: { type: string; [field: string]: unknown }): AnthropicChunk => ({
    type: "content_block_delta",
    index,
    delta: fields,
  });
  if ("toolUse" in part) {
    const { name, toolUseId, pieces } = toolUseOf(part.toolUse, index);
    return [
      start({ type: "tool_use", id: toolUseId, name, input: {} }),
      ...pieces.map((partial_json) => delta({ type: "input_json_delta", partial_json })),
    ];
  }
  if ("reasoning" in part) {
    return [
      start({ type: "thinking", thinking: "", signature: "" }),
      ...tokensOf(part.reasoning).map((thinking) => delta({ type: "thinking_delta", thinking })),
      delta({ type: "signature_delta", signature: "c2lnbmF0dXJl" }),
    ];
  }
  return [
    start({ type: "text", text: "" }),
    ...tokensOf(part.text).map((text) => delta({ type: "text_delta", text })),
  ];
}

function partsOf({ parts }: ScriptedResponse): readonly ScriptedPart[] {
  return typeof parts === "string" ? [{ text: parts }] : parts;
}

function toolUseOf(
  toolUse: ScriptedToolUse,
  index: number,
): { name: string; toolUseId: string; pieces: string[] } {
  const { name, input, toolUseId = `tooluse_${index}` } = toolUse;
  return { name, toolUseId, pieces: JSON.stringify(input).match(/.{1,8}/gs) ?? [] };
}

function stopReasonOf(response: ScriptedResponse): StopReason {
  const last = partsOf(response).at(-1);
  return response.stopReason ?? (last && "toolUse" in last ? "tool_use" : "end_turn");
}

function usageOf(response: ScriptedResponse): { inputTokens: number; outputTokens: number } {
  if (response.usage) return response.usage;
  let outputTokens = 0;
  for (const part of partsOf(response)) {
    if ("text" in part) outputTokens += tokensOf(part.text).length;
    else if ("reasoning" in part) outputTokens += tokensOf(part.reasoning).length;
    else outputTokens += tokensOf(JSON.stringify(part.toolUse.input)).length;
  }
  return { inputTokens: 10, outputTokens };
}
