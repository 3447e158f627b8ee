import { concatBytes, toBase64 } from "@freshet/core";
import type {
  ContentBlockDelta,
  ContentBlockStart,
  ConverseStreamEvent,
  ConverseUsage,
  ImageBlockDelta,
} from "../decode/converse-events.ts";
import type { NovaChunk } from "../decode/invoke-chunks.ts";
import type { AgentEventWriter } from "./agent-event-writer.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { setCount } from "./token-usage.ts";
import { ToolCalls } from "./tool-calls.ts";

interface OpenToolResult {
  id: string;
  status: "done" | "error";
  output: string;
}

interface OpenImage {
  format: string;
  parts: Uint8Array[];
  other: Record<string, unknown>;
}

/** Converse events. Only tool calls, tool results and images have state; a block may lack its start. */
export class ConverseReader implements ChunkReader<ConverseStreamEvent> {
  readonly #tools = new ToolCalls();
  readonly #results = new Map<number, OpenToolResult>();
  readonly #images = new Map<number, OpenImage>();

  /** @returns whether it is a Converse event */
  read(event: ConverseStreamEvent, out: AgentEventWriter): boolean {
    switch (event.type) {
      case "contentBlockDelta":
        this.delta(event.contentBlockIndex, event.delta, out);
        return true;
      case "contentBlockStart":
        this.start(event.contentBlockIndex, event.start);
        return true;
      case "contentBlockStop":
        this.stop(event.contentBlockIndex, out);
        return true;
      case "messageStop": {
        const { additionalModelResponseFields } = event;
        if (additionalModelResponseFields !== undefined) {
          out.addMetadata({ additionalModelResponseFields });
        }
        out.stop(event.stopReason);
        return true;
      }
      case "metadata": {
        const fields: MetadataFields = { ...event };
        delete fields["type"];
        readMetadata(fields, out);
        return true;
      }
      case "messageStart":
      case "unknown":
        return true;
      default:
        return false;
    }
  }

  start(index: number, { toolUse, toolResult, image }: ContentBlockStart): void {
    if (toolUse) this.#tools.start(index, toolUse.toolUseId, toolUse.name);
    if (toolResult) {
      const status = toolResult.status === "error" ? "error" : "done";
      this.#results.set(index, { id: toolResult.toolUseId, status, output: "" });
    }
    if (image) this.#images.set(index, { format: image.format, parts: [], other: {} });
  }

  delta(index: number, delta: ContentBlockDelta, out: AgentEventWriter): void {
    if (delta.text !== undefined) {
      out.token(delta.text);
      return;
    }
    const { reasoningContent, toolUse, toolResult, citation, image } = delta;
    if (reasoningContent?.text !== undefined) out.thinking(reasoningContent.text);
    if (toolUse) this.#tools.append(index, toolUse.input);
    if (citation) out.citation(citation);
    if (image) this.#appendImage(index, image);
    if (toolResult) {
      const open = this.#results.get(index) ?? { id: "", status: "done", output: "" };
      for (const part of toolResult) open.output += part.text ?? JSON.stringify(part.json ?? part);
      this.#results.set(index, open);
    }
  }

  stop(index: number, out: AgentEventWriter): void {
    this.#tools.stop(index, out);
    const result = this.#results.get(index);
    if (result) {
      this.#results.delete(index);
      out.toolResult(result.id, result.output, result.status);
    }
    const image = this.#images.get(index);
    if (image) {
      this.#images.delete(index);
      const bytes = image.parts.length > 0 ? { bytes: toBase64(concatBytes(image.parts)) } : {};
      out.creation("image", [{ format: image.format, ...bytes, ...image.other }]);
    }
  }

  /** Emits blocks that were never closed, if the response is complete all the same. */
  end(out: AgentEventWriter): void {
    if (!out.complete) return;
    this.#tools.stopAll(out);
    for (const index of [...this.#results.keys(), ...this.#images.keys()]) this.stop(index, out);
  }

  #appendImage(index: number, { source, ...other }: ImageBlockDelta): void {
    const open = this.#images.get(index) ?? { format: "", parts: [], other: {} };
    const { bytes, ...elsewhere } = source ?? {};
    if (bytes) open.parts.push(bytes);
    open.other = { ...open.other, ...elsewhere, ...other };
    this.#images.set(index, open);
  }
}

interface MetadataFields {
  usage?: Partial<ConverseUsage>;
  metrics?: { latencyMs?: number };
  [field: string]: unknown;
}

function readMetadata(fields: MetadataFields, out: AgentEventWriter): void {
  const { usage = {}, metrics } = fields;
  setCount(out.usage, "input_tokens", usage.inputTokens);
  setCount(out.usage, "output_tokens", usage.outputTokens);
  setCount(out.usage, "total_tokens", usage.totalTokens);
  const { cacheReadInputTokenCount, cacheWriteInputTokenCount } = usage;
  const read = usage.cacheReadInputTokens ?? (cacheReadInputTokenCount as number | undefined);
  const written = usage.cacheWriteInputTokens ?? (cacheWriteInputTokenCount as number | undefined);
  setCount(out.usage, "cache_read_input_tokens", read);
  setCount(out.usage, "cache_write_input_tokens", written);
  if (metrics?.latencyMs !== undefined) out.latencyMs = metrics.latencyMs;
  out.addMetadata(fields);
}

/** Nova's chunks: the same events, each under its name. */
export class NovaReader implements ChunkReader<NovaChunk> {
  readonly #converse = new ConverseReader();

  read(chunk: NovaChunk, out: AgentEventWriter): void {
    const { contentBlockStart, contentBlockDelta, contentBlockStop, messageStop, metadata } = chunk;
    if (contentBlockDelta) {
      const { contentBlockIndex, delta } = contentBlockDelta;
      this.#converse.delta(contentBlockIndex, delta, out);
    }
    if (contentBlockStart) {
      this.#converse.start(contentBlockStart.contentBlockIndex, contentBlockStart.start);
    }
    if (contentBlockStop) this.#converse.stop(contentBlockStop.contentBlockIndex, out);
    if (messageStop) out.stop(messageStop.stopReason);
    if (metadata) readMetadata({ ...metadata }, out);
  }

  end(out: AgentEventWriter): void {
    this.#converse.end(out);
  }
}
