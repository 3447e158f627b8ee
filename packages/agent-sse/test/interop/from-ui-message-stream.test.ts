import type { AgentEvent } from "@freshet/core";
import { expect, test } from "vitest";
import { agentEvent } from "../../src/index.ts";
import {
  fromUiMessageStream,
  toUiMessageChunks,
  type AnyUiMessageChunk,
} from "../../src/interop/ai-sdk.ts";
import { fieldsOf } from "../../src/wire/event-fields.ts";

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("fromUiMessageStream restores the events that toUiMessageChunks has turned into chunks", async () => {
  const events: (AgentEvent | AnyUiMessageChunk)[] = [
    agentEvent.message("m1"),
    agentEvent.turn(1),
    agentEvent.thinking("Let me see."),
    agentEvent.toolInput("clock", "t1", '{"zone":'),
    agentEvent.toolInput("clock", "t1", '"UTC"}'),
    agentEvent.toolUse("clock", "t1", '{"zone":"UTC"}'),
    agentEvent.toolResult("clock", "t1", { outputSummary: "noon" }),
    agentEvent.toolUse("map", "t2", "here"),
    agentEvent.toolResult("map", "t2", { outputSummary: "lost", isError: true }),
    agentEvent.turn(2),
    agentEvent.token("It is "),
    agentEvent.token("noon."),
    agentEvent.source("s1", { url: "https://example.com", title: "Time" }),
    agentEvent.source("s2", { title: "A book" }),
    agentEvent.file("image/png", "data:image/png;base64,AA=="),
    agentEvent.state({ snapshot: { n: 1 } }),
    agentEvent.creation("note", 1),
    { ...agentEvent.progress("s", 50, "half"), transient: true },
    agentEvent.approvalRequest("a1", "May I?", { toolUseId: "t1" }),
    agentEvent.approval("a1", true, { by: "Eve" }),
    agentEvent.stopped("Eve"),
    { type: "data-weather", id: "w", data: { sun: true } },
    agentEvent.error("agent_error", "It broke."),
    agentEvent.done({ model: "m", numTurns: 2 }),
  ];
  const chunks = toUiMessageChunks(events, { messageMetadata: (done) => fieldsOf(done) });
  expect(await collect(fromUiMessageStream(chunks))).toEqual(events);
});

test("fromUiMessageStream reads what only other servers send", async () => {
  const chunks: AnyUiMessageChunk[] = [
    { type: "start" },
    { type: "tool-input-start", toolCallId: "t1", toolName: "clock" },
    { type: "tool-input-available", toolCallId: "t1", toolName: "clock", input: { zone: "UTC" } },
    { type: "tool-approval-request", approvalId: "a", toolCallId: "t1" },
    { type: "tool-output-denied", toolCallId: "t1" },
    { type: "tool-input-error", toolCallId: "t2", toolName: "map", input: 5, errorText: "No." },
    { type: "tool-output-available", toolCallId: "t3", output: { n: 1 } },
    { type: "source-document", sourceId: "s", mediaType: "a/b", title: "T" },
    { type: "custom", kind: "a.b" },
    { type: "finish", messageMetadata: { cost: 5 } },
    { type: "abort", reason: "enough" },
  ];
  expect(await collect(fromUiMessageStream(chunks))).toEqual([
    agentEvent.toolUse("clock", "t1", '{"zone":"UTC"}'),
    agentEvent.approvalRequest("a", "clock", { toolUseId: "t1" }),
    agentEvent.toolResult("clock", "t1", { outputSummary: "Denied.", isError: true }),
    agentEvent.toolUse("map", "t2", "5"),
    agentEvent.toolResult("map", "t2", { outputSummary: "No.", isError: true }),
    agentEvent.toolResult("", "t3", { outputSummary: '{"n":1}' }),
    agentEvent.source("s", { title: "T" }),
    { type: "custom", kind: "a.b" },
    { ...agentEvent.done(), metadata: { cost: 5 } },
    agentEvent.stopped("", "enough"),
    agentEvent.done(),
  ]);
});
