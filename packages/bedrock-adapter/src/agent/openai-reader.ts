// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
import type { OpenAiChoice, OpenAiChunk, OpenAiToolCallDelta } from "../decode/invoke-chunks.ts";
import type { AgentEventWriter } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { gptOssTags, ReasoningSplitter } from "./reasoning-splitter.ts";
import { setCount } from "./token-usage.ts";
import { ToolCalls } from "./tool-calls.ts";

/** The OpenAI format: gpt-oss, Jamba, the newer Mistral models and others. */
export class OpenAiReader implements ChunkReader<OpenAiChunk> {
  readonly #tools = new ToolCalls();
  readonly #splitter: ReasoningSplitter | undefined;

  /** @param hasReasoningTags - whether reasoning is part of the text, as from gpt-oss */
  constructor(hasReasoningTags: boolean) {
    this.#splitter = hasReasoningTags ? new ReasoningSplitter(gptOssTags) : undefined;
  }

  read(chunk: OpenAiChunk, out: AgentEventWriter): void {
    out.messageId ||= chunk.id ?? "";
    out.model ||= chunk.model ?? "";
    // Several choices would interleave; an agent uses one, the first.
    const choice = chunk.choices.find(({ index }) => (index ?? 0) === 0);
    if (choice) this.#choice(choice, out);
    if (chunk.usage) {
      setCount(out.usage, "input_tokens", chunk.usage.prompt_tokens);
      setCount(out.usage, "output_tokens", chunk.usage.completion_tokens);
      setCount(out.usage, "total_tokens", chunk.usage.total_tokens);
      out.addMetadata({ usage: chunk.usage });
    }
  }

  end(out: AgentEventWriter): void {
    this.#splitter?.end(out);
    if (out.complete) this.#tools.stopAll(out);
  }

  #choice(choice: OpenAiChoice, out: AgentEventWriter): void {
    const delta = choice.delta ?? choice.message ?? {};
    out.thinking(delta.reasoning_content ?? delta.reasoning ?? "");
    if (delta.content) {
      if (this.#splitter) this.#splitter.push(delta.content, out);
      else out.token(delta.content);
    }
    delta.tool_calls?.forEach((call, position) => this.#toolCall(call, position));
    const reason = choice.finish_reason ?? choice.stop_reason;
    if (typeof reason === "string" && reason !== "") {
      out.stop(reason);
      // The text that was held back precedes the calls.
      this.end(out);
    }
  }

  #toolCall(call: OpenAiToolCallDelta, position: number): void {
    const key = call.index ?? position;
    if (!this.#tools.has(key)) {
      this.#tools.start(key, call.id ?? `tool_${key}`, call.function?.name ?? "");
    }
    this.#tools.append(key, call.function?.arguments ?? "");
  }
}
