// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
import type { OpenAiChoice, OpenAiChunk, OpenAiToolCallDelta } from "../decode/invoke-chunks.ts";
import { setCount, type AgentAnswer } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { gptOssTags, ReasoningSplitter } from "./reasoning-splitter.ts";
import { ToolCalls } from "./tool-calls.ts";

/** The OpenAI format: gpt-oss, Jamba, the newer Mistral models and others. */
export class OpenAiReader implements ChunkReader<OpenAiChunk> {
  readonly #tools = new ToolCalls();
  readonly #splitter: ReasoningSplitter | undefined;

  /** @param hasReasoningTags - whether reasoning comes inside the text, as from gpt-oss */
  constructor(hasReasoningTags: boolean) {
    this.#splitter = hasReasoningTags ? new ReasoningSplitter(gptOssTags) : undefined;
  }

  read(chunk: OpenAiChunk, answer: AgentAnswer): void {
    answer.messageId ||= chunk.id ?? "";
    answer.model ||= chunk.model ?? "";
    // Several choices at once would interleave; an agent has one answer, the first.
    const choice = chunk.choices.find(({ index }) => (index ?? 0) === 0);
    if (choice) this.#choice(choice, answer);
    if (chunk.usage) {
      setCount(answer.usage, "input_tokens", chunk.usage.prompt_tokens);
      setCount(answer.usage, "output_tokens", chunk.usage.completion_tokens);
      setCount(answer.usage, "total_tokens", chunk.usage.total_tokens);
      answer.addMetadata({ usage: chunk.usage });
    }
  }

  end(answer: AgentAnswer): void {
    this.#splitter?.end(answer);
    if (answer.complete) this.#tools.stopAll(answer);
  }

  #choice(choice: OpenAiChoice, answer: AgentAnswer): void {
    const delta = choice.delta ?? choice.message ?? {};
    answer.thinking(delta.reasoning_content ?? delta.reasoning ?? "");
    if (delta.content) {
      if (this.#splitter) this.#splitter.push(delta.content, answer);
      else answer.token(delta.content);
    }
    delta.tool_calls?.forEach((call, position) => this.#toolCall(call, position));
    const reason = choice.finish_reason ?? choice.stop_reason;
    if (typeof reason === "string" && reason !== "") {
      answer.stop(reason);
      // The text that was held back came before the calls.
      this.end(answer);
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
