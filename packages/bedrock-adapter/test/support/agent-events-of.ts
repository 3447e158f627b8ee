import type { AgentEvent } from "@freshet/core";
import { toAgentEvents, type AgentEventOptions, type BedrockDoneEvent } from "../../src/index.ts";

/** What a response became, in the parts that tests look at. */
export interface Summary {
  events: AgentEvent[];
  text: string;
  thinking: string;
  /** Events between the text: tool calls, results, creations. */
  others: AgentEvent[];
  done: BedrockDoneEvent;
}

/** Runs chunks or events through `toAgentEvents`; fails if there is not exactly one `done`, at the end. */
export async function agentEventsOf(
  input: Iterable<object>,
  options?: AgentEventOptions,
): Promise<Summary> {
  const events: AgentEvent[] = [];
  for await (const event of toAgentEvents(input, options)) events.push(event);
  const done = events.pop();
  if (done?.type !== "done" || events.some(({ type }) => type === "done")) {
    throw new Error(`The response does not end with its one done: ${JSON.stringify(events)}`);
  }
  const join = (type: "token" | "thinking") =>
    events.map((event) => (event.type === type ? event.text : "")).join("");
  return {
    events,
    text: join("token"),
    thinking: join("thinking"),
    others: events.filter(({ type }) => type !== "token" && type !== "thinking"),
    done: done as BedrockDoneEvent,
  };
}
