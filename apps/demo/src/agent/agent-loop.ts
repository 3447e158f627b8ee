import { agentEvent, batchTokens } from "@freshet/agent-sse";
import {
  type AgentEventInput,
  type BedrockClient,
  BedrockError,
  type ContentBlock,
  ConverseMessageBuilder,
  type ConverseStreamEvent,
  type Message,
  type TokenUsage,
  type ToolUseBlock,
} from "@freshet/bedrock-adapter";
import type { AgentEvent, DoneEvent } from "@freshet/core";
import { addMessage } from "./history.ts";
import { costUsd } from "./prices.ts";
import type { Tool } from "./tools.ts";
import type { TracedEvent, WireLedger } from "../frames/frame-attribution.ts";

export interface AgentLoopOptions {
  client: BedrockClient;
  modelId: string;
  tools: readonly Tool[];
  /** `invoke` asks by InvokeModelWithResponseStream, which knows no tools: one call, one answer. */
  operation: "converse" | "invoke";
  signal: AbortSignal;
  /** What was said before. */
  history?: readonly Message[];
  /** With it every event says which frames it was made of. */
  ledger?: WireLedger;
  /** How long tokens are gathered, in milliseconds. Default 50. */
  batchMs?: number;
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
): AsyncGenerator<TracedEvent> {
  const { modelId, tools, signal, history = [], ledger, batchMs, maxModelCalls = 8 } = options;
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
    ledger?.beginCall();
    yield agentEvent.turn(calls, tools.length);
    const answer = new ConverseMessageBuilder();
    const events = await askModel(messages, answer, options);
    const noted = ledger?.note(events) ?? events;
    for await (const event of batchTokens(noted, { signal, intervalMs: batchMs })) {
      last.isError ||= event.type === "error";
      // Each answer has a `done` of its own; the turn has only the one at its end.
      if (event.type === "done") {
        last.done = event;
        ledger?.drop(event);
        addUsage(usage, event);
      } else yield traced(event, ledger);
    }
    if (last.isError || options.operation === "invoke") break;
    const message = messageOf(answer);
    if (message instanceof BedrockError) {
      // A tool call whose input is cut or no JSON: the model ran out of tokens inside it.
      yield refusal(message, signal);
      break;
    }
    const toolCalls = message.content.flatMap((block) =>
      "toolUse" in block && block.toolUse.type === undefined ? [block.toolUse] : [],
    );
    if (toolCalls.length === 0) break;
    const results: ContentBlock[] = [];
    for (const call of toolCalls) {
      toolCount++;
      yield await runTool(call, tools, results);
    }
    messages.push(message, { role: "user", content: results });
    if (calls === maxModelCalls) {
      const complaint = `The model still calls tools after ${calls} answers.`;
      yield agentEvent.error("too_many_model_calls", complaint);
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
  yield traced(done, ledger);
}

function messageOf(answer: ConverseMessageBuilder): Message | BedrockError {
  try {
    return answer.message();
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
}

function traced(event: AgentEvent, ledger: WireLedger | undefined): TracedEvent {
  return ledger ? { ...event, frames: ledger.take(event) } : event;
}

function addUsage(sum: TokenUsage, done: DoneEvent & { usage?: TokenUsage }): void {
  sum.input_tokens += done.usage?.input_tokens ?? 0;
  sum.output_tokens += done.usage?.output_tokens ?? 0;
  sum.total_tokens += done.usage?.total_tokens ?? 0;
}

/** The answer, with every failure as an event; `builder` hears what Bedrock says. */
async function askModel(
  messages: Message[],
  builder: ConverseMessageBuilder,
  options: AgentLoopOptions,
): Promise<AsyncIterable<AgentEvent>> {
  const { operation, signal, ledger } = options;
  try {
    if (operation === "converse") {
      const response = await askByConverse(messages, options);
      const onInput = (event: AgentEventInput) => {
        builder.push(event as ConverseStreamEvent);
        ledger?.countRead();
      };
      return response.toAgentEvents({ errors: "event", onInput });
    }
    const chunks = await askByInvoke(messages, options);
    return chunks.toAgentEvents({ errors: "event", onInput: () => ledger?.countRead() });
  } catch (error) {
    return refused(error, signal);
  }
}

function askByConverse(messages: Message[], { client, modelId, tools, signal }: AgentLoopOptions) {
  const toolConfig = {
    tools: tools.map(({ name, description, inputSchema }) => ({
      toolSpec: { name, description, inputSchema: { json: inputSchema } },
    })),
  };
  const request = { modelId, messages, ...(tools.length > 0 && { toolConfig }) };
  return client.converseStream(request, { signal });
}

function askByInvoke(messages: Message[], { client, modelId, signal }: AgentLoopOptions) {
  const body = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1024,
    messages: messages.map(({ role, content }) => ({
      role,
      content: content.map((block) => ("text" in block ? block.text : "")).join(""),
    })),
  };
  return client.invokeModelStream<AgentEventInput>({ modelId, body }, { signal });
}

async function* refused(error: unknown, signal: AbortSignal): AsyncGenerator<AgentEvent> {
  yield await Promise.resolve(refusal(error, signal));
}

/** The `error` event for a request that got no answer at all. */
function refusal(error: unknown, signal: AbortSignal): AgentEvent {
  if (signal.aborted || !(error instanceof BedrockError)) throw error;
  return agentEvent.error(error.code, error.message, { retryable: error.retryable });
}

/** Runs one call; its result goes to the model in `results`, and to the watcher as the event. */
async function runTool(
  { toolUseId, name, input }: ToolUseBlock,
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
