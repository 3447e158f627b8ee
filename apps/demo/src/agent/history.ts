// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
import type { ContentBlock, JsonValue, Message } from "@freshet/bedrock-adapter";
import type { DemoEvent } from "../protocol/events.ts";

/**
 * What the model is told of the conversation so far: questions, the words that answered them, and the
 * tool calls with their results. An answer that never came is left out together with its question, and
 * so is the turn that is being answered; of an attempt that was interrupted only the one after it counts.
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
    const answer = answerOf(turn.events);
    if (answer.length === 0) continue;
    addMessage(history, { role: "user", content: [{ text: turn.prompt }] });
    for (const message of answer) addMessage(history, message);
  }
  return history;
}

/** Bedrock wants the roles to take turns: what the same role says next belongs to the same message. */
export function addMessage(messages: Message[], { role, content }: Message): void {
  const last = messages.at(-1);
  if (last?.role === role) last.content.push(...content);
  else messages.push({ role, content: [...content] });
}

/**
 * The messages of one answer. Reasoning is left out: without its signature, which no event carries, it
 * cannot be sent back. So are calls without a result, and those whose input was cut: Bedrock refuses them.
 */
function answerOf(events: readonly DemoEvent[]): Message[] {
  const answer: Message[] = [];
  const inputs = toolInputs(events);
  let text = "";
  const say = (role: Message["role"], block: ContentBlock) =>
    addMessage(answer, { role, content: [block] });
  const endText = () => {
    // Bedrock refuses text that is blank.
    if (text.trim() !== "") say("assistant", { text });
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
        say("assistant", { toolUse: { toolUseId, name: event.tool_name, input } });
      } else {
        const status = event.status === "error" ? "error" : "success";
        const content = [{ text: event.output_summary }];
        say("user", { toolResult: { toolUseId, content, status } });
      }
    }
  }
  endText();
  return answer;
}

/** The inputs of the calls that have a result, by their ids. */
function toolInputs(events: readonly DemoEvent[]): Map<string, JsonValue> {
  const answered = new Set(
    events.flatMap((event) => (event.type === "tool_result" ? [event.tool_use_id] : [])),
  );
  const inputs = new Map<string, JsonValue>();
  for (const event of events) {
    if (event.type !== "tool_use" || !answered.has(event.tool_use_id)) continue;
    try {
      const input = event.input_summary === "" ? "{}" : event.input_summary;
      inputs.set(event.tool_use_id, JSON.parse(input) as JsonValue);
    } catch {
      // The model stopped inside it, so it was never run.
    }
  }
  return inputs;
}

/** How far a turn has come. */
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
