import type { AgentEvent } from "@freshet/core";
import { agentEvent } from "../wire/agent-event.ts";
import { fieldsOf } from "../wire/event-fields.ts";
import type { WireEvent } from "../wire/format-agent-event.ts";

/** A chunk of a UI message stream, also of a kind that is not known here. */
export type AnyUiMessageChunk = { type: string } | { type: string; [field: string]: unknown };

/**
 * Turns the chunks of an AI SDK UI message stream into agent events: those of `toUIMessageStream`, or of a
 * response that `parseJsonEventStream` has read. A `data-` part of `uiMessageResponse` becomes its event again;
 * a chunk without an equivalent passes as it is.
 *
 * @example
 * ```ts
 * import { fromUiMessageStream } from "@freshet/agent-sse/ai-sdk";
 *
 * const chunks = [{ type: "text-delta", id: "0", delta: "Hi" }, { type: "finish" }];
 * for await (const event of fromUiMessageStream(chunks)) console.log(event.type); // token, done
 * ```
 */
export async function* fromUiMessageStream(
  chunks: AsyncIterable<AnyUiMessageChunk> | Iterable<AnyUiMessageChunk>,
): AsyncGenerator<AgentEvent | WireEvent, undefined, undefined> {
  const reader = new UiChunkReader();
  for await (const chunk of chunks) yield* reader.push(chunk);
}

/** The fields that are read of any chunk. */
interface Chunk {
  type: string;
  id?: string;
  messageId?: string;
  messageMetadata?: unknown;
  delta?: string;
  toolCallId?: string;
  toolName?: string;
  inputTextDelta?: string;
  input?: unknown;
  output?: unknown;
  errorText?: string;
  sourceId?: string;
  url?: string;
  title?: string;
  filename?: string;
  mediaType?: string;
  data?: unknown;
  transient?: boolean;
  approvalId?: string;
  reason?: string;
}

class UiChunkReader {
  #turns = 0;
  /** The names of the calls, which later chunks do not repeat. */
  readonly #names = new Map<string, string>();

  push(chunk: Chunk): (AgentEvent | WireEvent)[] {
    switch (chunk.type) {
      case "start":
        return chunk.messageId === undefined ? [] : [agentEvent.message(chunk.messageId)];
      case "start-step":
        return [agentEvent.turn(++this.#turns)];
      case "text-delta":
        return [agentEvent.token(chunk.delta ?? "")];
      case "reasoning-delta":
        return [agentEvent.thinking(chunk.delta ?? "")];
      case "source-url":
      case "source-document": {
        const { sourceId = "", url, title = chunk.filename } = chunk;
        return [agentEvent.source(sourceId, { url, title })];
      }
      case "file":
        return [agentEvent.file(chunk.mediaType ?? "", chunk.url ?? "")];
      case "error":
        return [agentEvent.error("agent_error", chunk.errorText ?? "")];
      case "abort":
        return [agentEvent.stopped("", chunk.reason), agentEvent.done()];
      case "finish":
        this.#turns = 0;
        return [doneOf(chunk.messageMetadata)];
      default:
        return this.#tool(chunk) ?? other(chunk);
    }
  }

  #tool(chunk: Chunk): AgentEvent[] | undefined {
    const { type, toolCallId: id = "", toolName } = chunk;
    if (toolName !== undefined) this.#names.set(id, toolName);
    const name = this.#names.get(id) ?? "";
    switch (type) {
      case "tool-input-start":
        return [];
      case "tool-input-delta":
        return [agentEvent.toolInput(name, id, chunk.inputTextDelta ?? "")];
      case "tool-input-available":
        return [agentEvent.toolUse(name, id, textOf(chunk.input))];
      case "tool-input-error":
        return [agentEvent.toolUse(name, id, textOf(chunk.input)), this.#failed(chunk)];
      case "tool-output-available":
        return [agentEvent.toolResult(name, id, { outputSummary: textOf(chunk.output) })];
      case "tool-output-error":
        return [this.#failed(chunk)];
      case "tool-output-denied":
        return [agentEvent.toolResult(name, id, { outputSummary: "Denied.", isError: true })];
      case "tool-approval-request":
        return [agentEvent.approvalRequest(chunk.approvalId ?? "", name, { toolUseId: id })];
      default:
        return undefined;
    }
  }

  #failed({ toolCallId: id = "", errorText: outputSummary }: Chunk): AgentEvent {
    const name = this.#names.get(id) ?? "";
    return agentEvent.toolResult(name, id, { outputSummary, isError: true });
  }
}

/** Data parts that `uiMessageResponse` makes of events. */
const ownParts: ReadonlySet<string> = new Set(
  ["progress", "creation", "message", "state", "approval_request", "approval", "stopped"].map(
    (type) => `data-${type}`,
  ),
);

/** Starts and ends, which agent events do not have. */
const framing: ReadonlySet<string> = new Set([
  ...["text-start", "text-end", "reasoning-start", "reasoning-end", "finish-step"],
]);

function other(chunk: Chunk): WireEvent[] {
  if (framing.has(chunk.type)) return [];
  if (!ownParts.has(chunk.type) || typeof chunk.data !== "object") return [chunk];
  const flag = chunk.transient ? { transient: true } : undefined;
  return [{ ...chunk.data, ...flag, type: chunk.type.slice("data-".length) }];
}

/** Metadata that has the fields of `done` becomes them; any other stays as it is. */
function doneOf(metadata: unknown): AgentEvent {
  const done = agentEvent.done();
  if (metadata === undefined) return done;
  const fields = Object(metadata) as Partial<typeof done>;
  const known = Object.keys(fieldsOf(done)).filter((name) => name in fields);
  if (known.length === 0) return { ...done, ...{ metadata } };
  return { ...done, ...fields, type: "done" };
}

/** Text as it is, every other value as JSON. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value);
}
