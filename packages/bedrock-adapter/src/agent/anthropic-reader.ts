// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
import { BedrockError, type BedrockErrorCode } from "../bedrock-error.ts";
import type { Citation } from "../decode/converse-events.ts";
import type {
  AnthropicChunk,
  AnthropicContentBlock,
  AnthropicDelta,
  AnthropicUsage,
} from "../decode/invoke-chunks.ts";
import type { AgentEventWriter } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { setCount } from "./token-usage.ts";
import { ToolCalls } from "./tool-calls.ts";

const errorCodes: ReadonlyMap<string, BedrockErrorCode> = new Map([
  ["overloaded_error", "SERVICE_UNAVAILABLE"],
  ["rate_limit_error", "THROTTLED"],
  ["timeout_error", "MODEL_TIMEOUT"],
  ["api_error", "INTERNAL"],
  ["invalid_request_error", "VALIDATION"],
]);

/** Anthropic messages: Claude 3 and later. */
export class AnthropicReader implements ChunkReader<AnthropicChunk> {
  readonly #tools = new ToolCalls();

  read(chunk: AnthropicChunk, out: AgentEventWriter): void {
    switch (chunk.type) {
      case "content_block_delta":
        this.#delta(chunk.index, chunk.delta, out);
        break;
      case "content_block_start":
        this.#start(chunk.index, chunk.content_block, out);
        break;
      case "content_block_stop":
        this.#tools.stop(chunk.index, out);
        break;
      case "message_start":
        out.messageId = chunk.message.id;
        out.model ||= chunk.message.model;
        readUsage(chunk.message.usage, out);
        break;
      case "message_delta":
        readMessageDelta(chunk.delta, out);
        readUsage(chunk.usage, out);
        break;
      case "message_stop":
        out.complete = true;
        break;
      case "error":
        throw new BedrockError(
          errorCodes.get(chunk.error.type) ?? "STREAM_ERROR",
          `The model ended its response with ${chunk.error.type}: ${chunk.error.message}`,
          { exceptionType: chunk.error.type },
        );
      case "ping":
    }
  }

  end(out: AgentEventWriter): void {
    if (out.complete) this.#tools.stopAll(out);
  }

  #start(index: number, block: AnthropicContentBlock, out: AgentEventWriter): void {
    if (block.type === "text") out.token(block.text ?? "");
    else if (block.type === "thinking") out.thinking(block.thinking ?? "");
    // tool_use, server_tool_use, mcp_tool_use; then web_search_tool_result and similar types.
    else if (block.type.endsWith("tool_use")) {
      this.#tools.start(index, block.id ?? "", block.name ?? "");
      if (!isEmptyObject(block.input)) this.#tools.append(index, JSON.stringify(block.input));
    } else if (block.type.endsWith("tool_result")) {
      const failed = block.is_error === true || isErrorContent(block.content);
      const output =
        typeof block.content === "string" ? block.content : JSON.stringify(block.content ?? null);
      out.toolResult(block.tool_use_id ?? "", output, failed ? "error" : "done");
    }
  }

  #delta(index: number, delta: AnthropicDelta, out: AgentEventWriter): void {
    if (delta.type === "text_delta") out.token(delta.text ?? "");
    else if (delta.type === "thinking_delta") out.thinking(delta.thinking ?? "");
    else if (delta.type === "input_json_delta") this.#tools.append(index, delta.partial_json ?? "");
    else if (delta.type === "citations_delta") out.citation(delta.citation as Citation);
  }
}

function readMessageDelta(
  { stop_reason, stop_sequence }: { stop_reason?: string | null; stop_sequence?: string | null },
  out: AgentEventWriter,
): void {
  if (stop_reason) out.stopReason = stop_reason;
  if (stop_sequence) out.addMetadata({ stop_sequence });
}

function readUsage(usage: AnthropicUsage | undefined, out: AgentEventWriter): void {
  if (!usage) return;
  setCount(out.usage, "input_tokens", usage.input_tokens);
  setCount(out.usage, "output_tokens", usage.output_tokens);
  setCount(out.usage, "cache_read_input_tokens", usage.cache_read_input_tokens);
  setCount(out.usage, "cache_write_input_tokens", usage.cache_creation_input_tokens);
  const before = out.metadata["usage"] as AnthropicUsage | undefined;
  out.addMetadata({ usage: { ...before, ...usage } });
}

/** Whether a call starts without input, which then arrives in deltas. */
function isEmptyObject(value: unknown): boolean {
  return value === undefined || value === null || Object.keys(value).length === 0;
}

function isErrorContent(content: unknown): boolean {
  if (typeof content !== "object" || content === null || !("type" in content)) return false;
  return typeof content.type === "string" && content.type.endsWith("_error");
}
