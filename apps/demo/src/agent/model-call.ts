import { agentEvent } from "@freshet/agent-sse";
import {
  type AgentEventInput,
  type BedrockClient,
  BedrockError,
  type ConverseMessageBuilder,
  type ConverseStreamEvent,
  type Message,
} from "@freshet/bedrock-adapter";
import type { AgentEvent } from "@freshet/core";
import type { FrameAttribution } from "../frames/frame-attribution.ts";
import type { Tool } from "./tools.ts";

export interface ModelCallOptions {
  client: BedrockClient;
  modelId: string;
  tools: readonly Tool[];
  /** `invoke` calls InvokeModelWithResponseStream, which has no tools: one call, one response. */
  operation: "converse" | "invoke";
  signal: AbortSignal;
  /** With it every event names the frames that it was made from. */
  attribution?: FrameAttribution;
}

/** Calls the model once. Every failure is an `error` event; `builder` collects the response message. */
export async function callModel(
  messages: Message[],
  builder: ConverseMessageBuilder,
  options: ModelCallOptions,
): Promise<AsyncIterable<AgentEvent>> {
  const { operation, signal, attribution } = options;
  try {
    if (operation === "converse") {
      const response = await callConverse(messages, options);
      const onInput = (event: AgentEventInput) => {
        builder.push(event as ConverseStreamEvent);
        attribution?.countRead();
      };
      return response.toAgentEvents({ errors: "event", onInput });
    }
    const chunks = await callInvoke(messages, options);
    return chunks.toAgentEvents({ errors: "event", onInput: () => attribution?.countRead() });
  } catch (error) {
    return single(errorEvent(error, signal));
  }
}

/** Creates the `error` event for an error of Bedrock; any other error, and an abort, is thrown. */
export function errorEvent(error: unknown, signal: AbortSignal): AgentEvent {
  if (signal.aborted || !(error instanceof BedrockError)) throw error;
  return agentEvent.error(error.code, error.message, { retryable: error.retryable });
}

function callConverse(messages: Message[], { client, modelId, tools, signal }: ModelCallOptions) {
  const toolConfig = {
    tools: tools.map(({ name, description, inputSchema }) => ({
      toolSpec: { name, description, inputSchema: { json: inputSchema } },
    })),
  };
  const request = { modelId, messages, ...(tools.length > 0 && { toolConfig }) };
  return client.converseStream(request, { signal });
}

function callInvoke(messages: Message[], { client, modelId, signal }: ModelCallOptions) {
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

async function* single(event: AgentEvent): AsyncGenerator<AgentEvent> {
  yield await Promise.resolve(event);
}
