import type { AgentEventType } from "@freshet/core";

/** The types of all agent events, in the order of the documentation. */
export const eventTypes: readonly AgentEventType[] = [
  "token",
  "thinking",
  "tool_input",
  "tool_use",
  "tool_result",
  "turn",
  "progress",
  "creation",
  "message",
  "source",
  "file",
  "state",
  "approval_request",
  "approval",
  "stopped",
  "error",
  "done",
];

/**
 * The types whose data must be a JSON object. Not `message`, which is also the name of every frame of other
 * protocols that has none.
 */
export const objectTypes: ReadonlySet<string> = new Set(
  eventTypes.filter((type) => type !== "message"),
);
