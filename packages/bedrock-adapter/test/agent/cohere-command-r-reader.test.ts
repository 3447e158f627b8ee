import { expect, test } from "vitest";
import { agentEventsOf } from "../support/agent-events-of.ts";

test("text in pieces; the whole response at the end is not said again", async () => {
  const citation = { start: 0, end: 2, text: "Hi", document_ids: ["d"] };
  const { text, done } = await agentEventsOf([
    { event_type: "text-generation", is_finished: false, text: "Hi" },
    { event_type: "citation-generation", is_finished: false, citations: [citation] },
    { event_type: "text-generation", is_finished: false, text: "!" },
    {
      event_type: "stream-end",
      is_finished: true,
      finish_reason: "COMPLETE",
      response: { text: "Hi!", generation_id: "g1", citations: [citation], chat_history: [] },
    },
  ]);
  expect(text).toBe("Hi!");
  expect(done).toMatchObject({ message_id: "g1", stop_reason: "COMPLETE" });
  expect(done.citations).toEqual([{ text_offset: 2, citation }]);
  expect(done.metadata).toEqual({ generation_id: "g1", chat_history: [] });
});

test("a response that only its end holds is said once", async () => {
  const tool_calls = [{ name: "weather", parameters: { city: "Oslo" } }];
  const { text, others } = await agentEventsOf([
    {
      event_type: "stream-end",
      is_finished: true,
      finish_reason: "COMPLETE",
      response: { text: "Hi!", tool_calls },
    },
  ]);
  expect(text).toBe("Hi!");
  expect(others).toMatchObject([{ tool_use_id: "tool_0", input_summary: '{"city":"Oslo"}' }]);
});

test("tool calls have ids of ours, because the family has none", async () => {
  const calls = [
    { name: "weather", parameters: { city: "Oslo" } },
    { name: "time", parameters: {} },
  ];
  const { others, done } = await agentEventsOf([
    { event_type: "search-queries-generation", is_finished: false, search_queries: [] },
    { event_type: "tool-calls-generation", is_finished: false, tool_calls: calls },
    {
      event_type: "stream-end",
      is_finished: true,
      finish_reason: "COMPLETE",
      response: { text: "", tool_calls: calls },
    },
  ]);
  expect(others).toMatchObject([
    { type: "tool_use", tool_name: "weather", tool_use_id: "tool_0" },
    { type: "tool_use", tool_name: "time", tool_use_id: "tool_1", input_summary: "{}" },
  ]);
  expect(done.tool_count).toBe(2);
});
