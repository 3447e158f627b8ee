import { agentEvent, batchTokens } from "@freshet/agent-sse";
import {
  BedrockError,
  type ContentBlock,
  ConverseMessageBuilder,
  type Message,
  type TokenUsage,
  type ToolUseBlock,
} from "@freshet/bedrock-adapter";
import type { AgentEvent, DoneEvent } from "@freshet/core";
import type { FrameAttribution, TracedEvent } from "../frames/frame-attribution.ts";
import { addMessage } from "./history.ts";
import { callModel, errorEvent, type ModelCallOptions } from "./model-call.ts";
import { costUsd } from "./prices.ts";
import { runTool } from "./run-tool.ts";

export interface AgentLoopOptions extends ModelCallOptions {
  /** The messages of earlier turns. */
  history?: readonly Message[];
  /** How long tokens are gathered, in milliseconds. Default 50. */
  batchMs?: number;
  /** How many times the model may be called in one turn. Default 8. */
  maxModelCalls?: number;
}

/**
 * Runs one turn of the agent: calls the model, runs the tools that it calls, calls it again with their
 * results, until it calls none. Yields the events for the readers; the last one is always `done`, also
 * when the turn failed. An abort ends the turn with the signal's reason and without a `done`.
 */
export async function* runAgentTurn(
  prompt: string,
  options: AgentLoopOptions,
): AsyncGenerator<TracedEvent> {
  const { modelId, tools, signal, history = [], attribution, batchMs, maxModelCalls = 8 } = options;
  const started = performance.now();
  const messages: Message[] = [...history];
  addMessage(messages, { role: "user", content: [{ text: prompt }] });
  const last: { done: DoneEvent; isError: boolean } = {
    done: agentEvent.done({ model: modelId }),
    isError: false,
  };
  const usage: TokenUsage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  let toolCount = 0;
  let calls = 0;
  while (calls < maxModelCalls) {
    calls++;
    attribution?.beginCall();
    yield agentEvent.turn(calls, tools.length);
    const builder = new ConverseMessageBuilder();
    const events = await callModel(messages, builder, options);
    const observed = attribution?.observe(events) ?? events;
    for await (const event of batchTokens(observed, { signal, intervalMs: batchMs })) {
      last.isError ||= event.type === "error";
      // Each response has its own `done`; the turn has only the one at its end.
      if (event.type === "done") {
        last.done = event;
        attribution?.discard(event);
        addUsage(usage, event);
      } else yield traced(event, attribution);
    }
    if (last.isError || options.operation === "invoke") break;
    const message = messageOf(builder);
    if (message instanceof BedrockError) {
      // The input of a tool call is truncated or not valid JSON: the model ran out of tokens in it.
      yield errorEvent(message, signal);
      break;
    }
    const toolCalls = toolCallsOf(message);
    if (toolCalls.length === 0) break;
    const results: ContentBlock[] = [];
    for (const call of toolCalls) {
      toolCount++;
      yield await runTool(call, tools, results);
    }
    messages.push(message, { role: "user", content: results });
    if (calls === maxModelCalls) {
      const text = `The model still calls tools after ${calls} responses.`;
      yield agentEvent.error("too_many_model_calls", text);
    }
  }
  const done = {
    ...last.done,
    num_turns: calls,
    tool_count: toolCount,
    duration_ms: Math.round(performance.now() - started),
    total_cost_usd: costUsd(modelId, usage),
    ...(usage.total_tokens > 0 && { usage }),
  };
  yield traced(done, attribution);
}

function messageOf(builder: ConverseMessageBuilder): Message | BedrockError {
  try {
    return builder.message();
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
}

/** Returns the calls of client-side tools; those of the server have a type. */
function toolCallsOf(message: Message): ToolUseBlock[] {
  return message.content.flatMap((block) =>
    "toolUse" in block && block.toolUse.type === undefined ? [block.toolUse] : [],
  );
}

function traced(event: AgentEvent, attribution: FrameAttribution | undefined): TracedEvent {
  return attribution ? { ...event, frames: attribution.take(event) } : event;
}

function addUsage(sum: TokenUsage, done: DoneEvent): void {
  sum.input_tokens += done.usage?.input_tokens ?? 0;
  sum.output_tokens += done.usage?.output_tokens ?? 0;
  sum.total_tokens += done.usage?.total_tokens ?? 0;
}
