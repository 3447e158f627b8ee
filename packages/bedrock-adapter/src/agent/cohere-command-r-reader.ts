// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
import type { Citation } from "../decode/converse-events.ts";
import type { CohereCommandRChunk } from "../decode/invoke-chunks.ts";
import type { AgentAnswer } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";

/** Cohere Command R. `stream-end` repeats the whole answer; only what is new in it is read. */
export class CohereCommandRReader implements ChunkReader<CohereCommandRChunk> {
  #toolCount = 0;
  #citationCount = 0;
  #hasText = false;

  read(chunk: CohereCommandRChunk, answer: AgentAnswer): void {
    switch (chunk.event_type) {
      case "text-generation":
        this.#hasText = true;
        answer.token(chunk.text ?? "");
        break;
      case "citation-generation":
        this.#citations(chunk.citations, answer);
        break;
      case "tool-calls-generation":
        this.#toolCalls(chunk.tool_calls, answer);
        break;
      case "stream-end":
        this.#end(chunk, answer);
        break;
      default:
    }
  }

  #end(chunk: CohereCommandRChunk, answer: AgentAnswer): void {
    const { text, tool_calls, citations, ...rest } = chunk.response ?? {};
    if (!this.#hasText) answer.token(text ?? "");
    if (this.#toolCount === 0) this.#toolCalls(tool_calls, answer);
    if (this.#citationCount === 0) this.#citations(citations, answer);
    answer.messageId = rest.generation_id ?? "";
    answer.addMetadata(rest);
    answer.stop(chunk.finish_reason ?? rest.finish_reason);
  }

  /** The family gives its calls no ids; a result needs one to point at. */
  #toolCalls(calls: CohereCommandRChunk["tool_calls"], answer: AgentAnswer): void {
    for (const { name, parameters } of calls ?? []) {
      answer.toolUse(`tool_${this.#toolCount++}`, name, JSON.stringify(parameters ?? {}));
    }
  }

  #citations(citations: unknown[] | undefined, answer: AgentAnswer): void {
    for (const citation of citations ?? []) {
      this.#citationCount++;
      answer.citation(citation as Citation);
    }
  }
}
