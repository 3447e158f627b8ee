import type {
  ClaudeTextChunk,
  CohereCommandChunk,
  LlamaChunk,
  MistralChunk,
  TitanChunk,
} from "../decode/invoke-chunks.ts";
import type { AgentEventWriter } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { deepSeekTags, ReasoningSplitter } from "./reasoning-splitter.ts";
import { setCount } from "./token-usage.ts";

// The families whose responses are plain text: one text field, one stop field.

export class ClaudeTextReader implements ChunkReader<ClaudeTextChunk> {
  read(chunk: ClaudeTextChunk, out: AgentEventWriter): void {
    out.token(chunk.completion);
    if (chunk.stop_reason) out.stop(chunk.stop_reason);
    if (chunk.stop) out.addMetadata({ stop: chunk.stop });
  }
}

export class TitanReader implements ChunkReader<TitanChunk> {
  read(chunk: TitanChunk, out: AgentEventWriter): void {
    out.token(chunk.outputText);
    setCount(out.usage, "input_tokens", chunk.inputTextTokenCount);
    setCount(out.usage, "output_tokens", chunk.totalOutputTextTokenCount);
    if (chunk.completionReason) out.stop(chunk.completionReason);
  }
}

export class LlamaReader implements ChunkReader<LlamaChunk> {
  read(chunk: LlamaChunk, out: AgentEventWriter): void {
    out.token(chunk.generation);
    readLlamaFacts(chunk, out);
  }
}

/** Llama's chunks; the text up to `</think>` is reasoning. */
export class DeepSeekReader implements ChunkReader<LlamaChunk> {
  readonly #splitter = new ReasoningSplitter(deepSeekTags);

  read(chunk: LlamaChunk, out: AgentEventWriter): void {
    this.#splitter.push(chunk.generation, out);
    readLlamaFacts(chunk, out);
  }

  end(out: AgentEventWriter): void {
    this.#splitter.end(out);
  }
}

function readLlamaFacts(chunk: LlamaChunk, out: AgentEventWriter): void {
  setCount(out.usage, "input_tokens", chunk.prompt_token_count);
  setCount(out.usage, "output_tokens", chunk.generation_token_count);
  if (chunk.stop_reason) out.stop(chunk.stop_reason);
}

export class MistralReader implements ChunkReader<MistralChunk> {
  read(chunk: MistralChunk, out: AgentEventWriter): void {
    const output = chunk.outputs[0];
    if (!output) return;
    out.token(output.text);
    if (output.stop_reason) out.stop(output.stop_reason);
  }
}

/** Pieces of text, or the whole text in one chunk where the model itself does not stream. */
export class CohereCommandReader implements ChunkReader<CohereCommandChunk> {
  read(chunk: CohereCommandChunk, out: AgentEventWriter): void {
    if ("generations" in chunk) {
      const generation = chunk.generations[0];
      if (chunk.id !== undefined) out.messageId = chunk.id;
      out.token(generation?.text ?? "");
      out.stop(generation?.finish_reason);
      return;
    }
    // The pieces of several generations interleave; an agent uses one generation, the first.
    if ((chunk.index ?? 0) !== 0) return;
    out.token(chunk.text ?? "");
    if (chunk.is_finished) out.stop(chunk.finish_reason);
  }
}
