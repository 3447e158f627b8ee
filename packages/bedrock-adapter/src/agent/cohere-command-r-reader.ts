// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
import type { Citation } from "../decode/converse-events.ts";
import type { CohereCommandRChunk } from "../decode/invoke-chunks.ts";
import type { AgentEventWriter } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";

/** Cohere Command R. `stream-end` repeats the whole response; only its new fields are read. */
export class CohereCommandRReader implements ChunkReader<CohereCommandRChunk> {
  #toolCount = 0;
  #citationCount = 0;
  #hasText = false;

  read(chunk: CohereCommandRChunk, out: AgentEventWriter): void {
    switch (chunk.event_type) {
      case "text-generation":
        this.#hasText = true;
        out.token(chunk.text ?? "");
        break;
      case "citation-generation":
        this.#citations(chunk.citations, out);
        break;
      case "tool-calls-generation":
        this.#toolCalls(chunk.tool_calls, out);
        break;
      case "stream-end":
        this.#end(chunk, out);
        break;
      default:
    }
  }

  #end(chunk: CohereCommandRChunk, out: AgentEventWriter): void {
    const { text, tool_calls, citations, ...rest } = chunk.response ?? {};
    if (!this.#hasText) out.token(text ?? "");
    if (this.#toolCount === 0) this.#toolCalls(tool_calls, out);
    if (this.#citationCount === 0) this.#citations(citations, out);
    out.messageId = rest.generation_id ?? "";
    out.addMetadata(rest);
    out.stop(chunk.finish_reason ?? rest.finish_reason);
  }

  /** Makes up ids, which the family does not send: a tool result refers to its call by one. */
  #toolCalls(calls: CohereCommandRChunk["tool_calls"], out: AgentEventWriter): void {
    for (const { name, parameters } of calls ?? []) {
      out.toolUse(`tool_${this.#toolCount++}`, name, JSON.stringify(parameters ?? {}));
    }
  }

  #citations(citations: unknown[] | undefined, out: AgentEventWriter): void {
    for (const citation of citations ?? []) {
      this.#citationCount++;
      out.citation(citation as Citation);
    }
  }
}
