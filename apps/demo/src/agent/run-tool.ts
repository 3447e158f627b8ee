import { agentEvent } from "@freshet/agent-sse";
import type { ContentBlock, ToolUseBlock } from "@freshet/bedrock-adapter";
import type { AgentEvent } from "@freshet/core";
import type { Tool } from "./tools.ts";

/** Runs one tool call. Its result goes to the model in `results`, and to the readers as the event. */
export async function runTool(
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
