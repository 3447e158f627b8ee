import { agentEvent } from "@freshet/agent-sse";
import { expect, test } from "vitest";
import { addMessage, historyOf } from "../../src/agent/history.ts";
import type { DemoEvent } from "../../src/protocol/events.ts";

const prompt = (turn_id: string, text: string): DemoEvent => ({ type: "prompt", turn_id, text });
const done = agentEvent.done({});
const call = (id: string, input: string) => agentEvent.toolUse("river_level", id, input);
const result = (id: string, outputSummary: string, isError = false) =>
  agentEvent.toolResult("river_level", id, { outputSummary, isError });
const text = (role: "user" | "assistant", words: string) => ({ role, content: [{ text: words }] });

test("the history has text, tool calls and their results as Converse messages", () => {
  const events = [
    prompt("1", "How high?"),
    agentEvent.turn(1, 1),
    agentEvent.thinking("A gauge."),
    agentEvent.token("Let me "),
    agentEvent.token("look."),
    ...[call("a", '{"station":"Dresden"}'), call("b", "")],
    ...[result("a", '{"level_cm":412}'), result("b", "There is no gauge.", true)],
    agentEvent.turn(2, 1),
    ...[agentEvent.token("412 cm."), done],
    prompt("2", "And now?"),
  ];
  expect(historyOf(events, "2")).toEqual([
    text("user", "How high?"),
    {
      role: "assistant",
      content: [
        { text: "Let me look." },
        { toolUse: { toolUseId: "a", name: "river_level", input: { station: "Dresden" } } },
        { toolUse: { toolUseId: "b", name: "river_level", input: {} } },
      ],
    },
    {
      role: "user",
      content: [
        {
          toolResult: {
            toolUseId: "a",
            content: [{ text: '{"level_cm":412}' }],
            status: "success",
          },
        },
        {
          toolResult: {
            toolUseId: "b",
            content: [{ text: "There is no gauge." }],
            status: "error",
          },
        },
      ],
    },
    text("assistant", "412 cm."),
  ]);
});

test("the history leaves out a tool call without a result or with a truncated input", () => {
  const events = [
    ...[prompt("1", "How high?"), agentEvent.token("Let me look."), call("a", '{"station":"Dr')],
    ...[agentEvent.error("INVALID_PAYLOAD", "cut"), done],
    ...[prompt("2", "Again?"), agentEvent.token("Once more."), call("b", "{}"), done],
  ];
  expect(historyOf(events, "3")).toEqual([
    ...[text("user", "How high?"), text("assistant", "Let me look.")],
    ...[text("user", "Again?"), text("assistant", "Once more.")],
  ]);
});

test("the history leaves out prompts without a response and interrupted attempts", () => {
  const events = [
    ...[prompt("1", "Hello?"), agentEvent.error("THROTTLED", "later"), done],
    ...[prompt("2", "Hi?"), agentEvent.token("Hel")],
    ...[agentEvent.error("interrupted", "restarted"), done],
    ...[prompt("2", "Hi?"), agentEvent.token("  "), agentEvent.token("Hello."), done],
  ];
  expect(historyOf(events, "3")).toEqual([text("user", "Hi?"), text("assistant", "  Hello.")]);
});

test("a prompt after an unanswered tool result joins the message of the result", () => {
  const events = [
    ...[prompt("1", "How high?"), call("a", "{}"), result("a", "412")],
    ...[agentEvent.error("THROTTLED", "later"), done],
  ];
  const messages = historyOf(events, "2");
  addMessage(messages, text("user", "And now?"));
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(messages[2]?.content).toMatchObject([{ toolResult: {} }, { text: "And now?" }]);
});
