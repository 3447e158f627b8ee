import type { Message } from "@freshet/bedrock-adapter";
import type { DemoEvent } from "../events.ts";

/**
 * What the model is told of the conversation so far: questions, and the words that answered them. An
 * answer that never came is left out together with its question, and so is the turn that is being
 * answered; of an attempt that was interrupted only the one after it counts.
 */
export function historyOf(events: readonly DemoEvent[], turnId: string): Message[] {
  const turns = new Map<string, { prompt: string; answer: string }>();
  let current: { prompt: string; answer: string } | undefined;
  for (const event of events) {
    if (event.type === "prompt") {
      current = { prompt: event.text, answer: "" };
      turns.set(event.turn_id, current);
    } else if (event.type === "token" && current) current.answer += event.text;
  }
  turns.delete(turnId);
  return [...turns.values()]
    .filter(({ answer }) => answer.trim() !== "")
    .flatMap(({ prompt, answer }): Message[] => [
      { role: "user", content: [{ text: prompt }] },
      { role: "assistant", content: [{ text: answer }] },
    ]);
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
