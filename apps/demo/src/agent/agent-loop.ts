import { agentEvent, batchTokens } from "@freshet/agent-sse";
import {
  type BedrockClient,
  BedrockError,
  type ContentBlock,
  type Message,
  toAgentEvents,
} from "@freshet/bedrock-adapter";
import type { AgentEvent } from "@freshet/core";
import { AssistantMessage, type ToolCall } from "./assistant-message.ts";
import type { Tool } from "./tools.ts";

export interface AgentLoopOptions {
  client: BedrockClient;
  modelId: string;
  tools: readonly Tool[];
  /** `invoke` asks by InvokeModelWithResponseStream, which knows no tools: one call, one answer. */
  operation: "converse" | "invoke";
  signal: AbortSignal;
  /** How many times the model may be asked in one turn. */
  maxModelCalls?: number;
}

/**
 * One turn of the agent: asks the model, runs the tools it calls, asks again with their results, until
 * it has answered. Yields what the one who watches should see; the last event is always `done`, also
 * when the turn failed. An abort ends it with the signal's reason and without a `done`.
 */
export async function* runAgentTurn(
  prompt: string,
  options: AgentLoopOptions,
): AsyncGenerator<AgentEvent> {
  const { client, modelId, tools, operation, signal, maxModelCalls = 8 } = options;
  const started = performance.now();
  const messages: Message[] = [{ role: "user", content: [{ text: prompt }] }];
  const last = { done: agentEvent.done({ model: modelId }), isError: false };
  let toolCount = 0;
  let calls = 0;
  while (calls < maxModelCalls) {
    calls++;
    yield agentEvent.turn(calls, tools.length);
    const answer = new AssistantMessage();
    const events =
      operation === "converse"
        ? askByConverse(messages, answer, options)
        : askByInvoke(prompt, { client, modelId, signal });
    for await (const event of batchTokens(events, { signal })) {
      // Each answer has a `done` of its own; the turn has only the one at its end.
      if (event.type === "done") last.done = event;
      else yield event;
      last.isError ||= event.type === "error";
    }
    if (last.isError || answer.toolCalls.length === 0) break;
    const results: ContentBlock[] = [];
    for (const call of answer.toolCalls) {
      toolCount++;
      yield await runTool(call, tools, results);
    }
    messages.push(answer.toMessage(), { role: "user", content: results });
    if (calls === maxModelCalls) {
      const message = `The model still calls tools after ${calls} answers.`;
      yield agentEvent.error("too_many_model_calls", message);
    }
  }
  const duration_ms = Math.round(performance.now() - started);
  yield { ...last.done, num_turns: calls, tool_count: toolCount, duration_ms };
}

async function* askByConverse(
  messages: Message[],
  answer: AssistantMessage,
  { client, modelId, tools, signal }: AgentLoopOptions,
): AsyncGenerator<AgentEvent> {
  const toolConfig = {
    tools: tools.map(({ name, description, inputSchema }) => ({
      toolSpec: { name, description, inputSchema: { json: inputSchema } },
    })),
  };
  const request = { modelId, messages, ...(tools.length > 0 && { toolConfig }) };
  try {
    const response = await client.converseStream(request, { signal });
    yield* toAgentEvents(answer.collect(response), { model: modelId, errors: "event" });
  } catch (error) {
    yield refusal(error, signal);
  }
}

async function* askByInvoke(
  prompt: string,
  { client, modelId, signal }: Pick<AgentLoopOptions, "client" | "modelId" | "signal">,
): AsyncGenerator<AgentEvent> {
  const body = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1024,
    messages: [{ role: "user", content: prompt }],
  };
  try {
    const response = await client.invokeModelStream({ modelId, body }, { signal });
    yield* response.toAgentEvents({ model: modelId, errors: "event" });
  } catch (error) {
    yield refusal(error, signal);
  }
}

/** The `error` event for a request that got no answer at all. */
function refusal(error: unknown, signal: AbortSignal): AgentEvent {
  if (signal.aborted || !(error instanceof BedrockError)) throw error;
  return agentEvent.error(error.code, error.message, { retryable: error.retryable });
}

/** Runs one call; its result goes to the model in `results`, and to the watcher as the event. */
async function runTool(
  { toolUseId, name, input }: ToolCall,
  tools: readonly Tool[],
  results: ContentBlock[],
): Promise<AgentEvent> {
  const started = performance.now();
  let text: string;
  let isError = false;
  try {
    const tool = tools.find((one) => one.name === name);
    if (!tool) throw new Error(`There is no tool "${name}".`);
    text = JSON.stringify(await tool.run(input));
  } catch (error) {
    isError = true;
    text = error instanceof Error ? error.message : String(error);
  }
  results.push({
    toolResult: { toolUseId, content: [{ text }], status: isError ? "error" : "success" },
  });
  const durationMs = Math.round(performance.now() - started);
  return agentEvent.toolResult(name, toolUseId, { outputSummary: text, durationMs, isError });
}
