// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
import type { ContentBlock, JsonValue, Message } from "@freshet/bedrock-adapter";
import type { DemoEvent } from "../protocol/events.ts";

/**
 * Builds the model's view of the conversation so far: prompts, the text of their responses, and the tool
 * calls with their results. A prompt without a response is left out, and so is the turn `turnId` itself;
 * of a turn that was interrupted only its last attempt counts.
 */
export function historyOf(events: readonly DemoEvent[], turnId: string): Message[] {
  const turns = new Map<string, { prompt: string; events: DemoEvent[] }>();
  let current: { prompt: string; events: DemoEvent[] } | undefined;
  for (const event of events) {
    if (event.type === "prompt") {
      current = { prompt: event.text, events: [] };
      turns.set(event.turn_id, current);
    } else current?.events.push(event);
  }
  turns.delete(turnId);
  const history: Message[] = [];
  for (const turn of turns.values()) {
    const response = responseOf(turn.events);
    if (response.length === 0) continue;
    addMessage(history, { role: "user", content: [{ text: turn.prompt }] });
    for (const message of response) addMessage(history, message);
  }
  return history;
}

/** Adds a message. Bedrock requires alternating roles, so content of the same role is merged. */
export function addMessage(messages: Message[], { role, content }: Message): void {
  const last = messages.at(-1);
  if (last?.role === role) last.content.push(...content);
  else messages.push({ role, content: [...content] });
}

/**
 * Builds the messages of one response. Reasoning is left out: without its signature, which no event
 * carries, it cannot be sent back. So are calls without a result or with a truncated input, which
 * Bedrock refuses.
 */
function responseOf(events: readonly DemoEvent[]): Message[] {
  const response: Message[] = [];
  const inputs = toolInputs(events);
  let text = "";
  const add = (role: Message["role"], block: ContentBlock) =>
    addMessage(response, { role, content: [block] });
  const endText = () => {
    // Bedrock refuses text that is blank.
    if (text.trim() !== "") add("assistant", { text });
    text = "";
  };
  for (const event of events) {
    if (event.type === "token") text += event.text;
    else if (event.type === "tool_use" || event.type === "tool_result") {
      endText();
      const input = inputs.get(event.tool_use_id);
      if (input === undefined) continue;
      const { tool_use_id: toolUseId } = event;
      if (event.type === "tool_use") {
        add("assistant", { toolUse: { toolUseId, name: event.tool_name, input } });
      } else {
        const status = event.status === "error" ? "error" : "success";
        const content = [{ text: event.output_summary }];
        add("user", { toolResult: { toolUseId, content, status } });
      }
    }
  }
  endText();
  return response;
}

/** Maps the ids of calls that have a result to their inputs. */
function toolInputs(events: readonly DemoEvent[]): Map<string, JsonValue> {
  const completed = new Set(
    events.flatMap((event) => (event.type === "tool_result" ? [event.tool_use_id] : [])),
  );
  const inputs = new Map<string, JsonValue>();
  for (const event of events) {
    if (event.type !== "tool_use" || !completed.has(event.tool_use_id)) continue;
    try {
      const input = event.input_summary === "" ? "{}" : event.input_summary;
      inputs.set(event.tool_use_id, JSON.parse(input) as JsonValue);
    } catch {
      // The response ended within the input, so the call was never run.
    }
  }
  return inputs;
}

/** The progress of a turn. */
export type TurnState = "new" | "open" | "complete";

export function turnState(events: readonly DemoEvent[], turnId: string): TurnState {
  let state: TurnState = "new";
  for (const event of events) {
    if (event.type === "prompt" && event.turn_id === turnId) state = "open";
    if (event.type !== "done" || !("turn_id" in event) || event.turn_id !== turnId) continue;
    state = event.interrupted ? "new" : "complete";
  }
  return state;
}
