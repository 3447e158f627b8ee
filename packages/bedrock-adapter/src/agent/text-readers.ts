import type {
  ClaudeTextChunk,
  CohereCommandChunk,
  LlamaChunk,
  MistralChunk,
  TitanChunk,
} from "../decode/invoke-chunks.ts";
import { setCount, type AgentAnswer } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { deepSeekTags, ReasoningSplitter } from "./reasoning-splitter.ts";

// The families whose answers are plain text: one text field, one stop field.

export class ClaudeTextReader implements ChunkReader<ClaudeTextChunk> {
  read(chunk: ClaudeTextChunk, answer: AgentAnswer): void {
    answer.token(chunk.completion);
    if (chunk.stop_reason) answer.stop(chunk.stop_reason);
    if (chunk.stop) answer.addMetadata({ stop: chunk.stop });
  }
}

export class TitanReader implements ChunkReader<TitanChunk> {
  read(chunk: TitanChunk, answer: AgentAnswer): void {
    answer.token(chunk.outputText);
    setCount(answer.usage, "input_tokens", chunk.inputTextTokenCount);
    setCount(answer.usage, "output_tokens", chunk.totalOutputTextTokenCount);
    if (chunk.completionReason) answer.stop(chunk.completionReason);
  }
}

export class LlamaReader implements ChunkReader<LlamaChunk> {
  read(chunk: LlamaChunk, answer: AgentAnswer): void {
    answer.token(chunk.generation);
    readLlamaFacts(chunk, answer);
  }
}

/** Llama's chunks, with the reasoning up to `</think>` first. */
export class DeepSeekReader implements ChunkReader<LlamaChunk> {
  readonly #splitter = new ReasoningSplitter(deepSeekTags);

  read(chunk: LlamaChunk, answer: AgentAnswer): void {
    this.#splitter.push(chunk.generation, answer);
    readLlamaFacts(chunk, answer);
  }

  end(answer: AgentAnswer): void {
    this.#splitter.end(answer);
  }
}

function readLlamaFacts(chunk: LlamaChunk, answer: AgentAnswer): void {
  setCount(answer.usage, "input_tokens", chunk.prompt_token_count);
  setCount(answer.usage, "output_tokens", chunk.generation_token_count);
  if (chunk.stop_reason) answer.stop(chunk.stop_reason);
}

export class MistralReader implements ChunkReader<MistralChunk> {
  read(chunk: MistralChunk, answer: AgentAnswer): void {
    const output = chunk.outputs[0];
    if (!output) return;
    answer.token(output.text);
    if (output.stop_reason) answer.stop(output.stop_reason);
  }
}

/** A stream of pieces, or (without streaming on the model's side) the whole answer in one chunk. */
export class CohereCommandReader implements ChunkReader<CohereCommandChunk> {
  read(chunk: CohereCommandChunk, answer: AgentAnswer): void {
    if ("generations" in chunk) {
      const generation = chunk.generations[0];
      if (chunk.id !== undefined) answer.messageId = chunk.id;
      answer.token(generation?.text ?? "");
      answer.stop(generation?.finish_reason);
      return;
    }
    // With several generations at once their pieces interleave; an agent has one answer, the first.
    if ((chunk.index ?? 0) !== 0) return;
    answer.token(chunk.text ?? "");
    if (chunk.is_finished) answer.stop(chunk.finish_reason);
  }
}
