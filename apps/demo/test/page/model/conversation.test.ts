import { agentEvent } from "@freshet/agent-sse";
import { expect, test } from "vitest";
import { Conversation, rangeOf, seenAt } from "../../../page/model/conversation.ts";
import type { DemoEvent } from "../../../src/protocol/events.ts";

function written(event: object, n: number, epoch = 1): DemoEvent {
  return { ...event, wire: { epoch, n, at: 0, frames: [] } } as unknown as DemoEvent;
}

const prompt = { type: "prompt", turn_id: "t", text: "How are you?" };
const done = { ...agentEvent.done({}), turn_id: "t" };

function read(events: readonly (readonly [DemoEvent, string])[]): Conversation {
  const conversation = new Conversation();
  for (const [event, id] of events) conversation.add(event, id, 0);
  return conversation;
}

test("a conversation without gaps counts nothing as lost or repeated", () => {
  const { lost, repeated, isRunning } = read([
    [written(prompt, 0), "a"],
    [written(agentEvent.token("Fine"), 1), "b"],
    [written(done, 2), "c"],
  ]);
  expect({ lost, repeated, isRunning }).toEqual({ lost: 0, repeated: 0, isRunning: false });
});

test("a conversation counts missing numbers of the writer as lost events", () => {
  const { lost } = read([
    [written(prompt, 0), "a"],
    [written(agentEvent.token("Fine"), 3), "b"],
  ]);
  expect(lost).toBe(2);
});

test("a conversation counts an event that was stored twice, although its ids differ", () => {
  const { repeated, lost } = read([
    [written(prompt, 0), "a"],
    [written(agentEvent.token("Fine"), 1), "b"],
    [written(agentEvent.token("Fine"), 1), "c"],
  ]);
  expect({ repeated, lost }).toEqual({ repeated: 1, lost: 0 });
});

test("a conversation counts an id that arrives twice as repeated", () => {
  const { repeated } = read([
    [prompt as unknown as DemoEvent, "a"],
    [agentEvent.token("Fine"), "a"],
  ]);
  expect(repeated).toBe(1);
});

test("an interrupted attempt and the next one are one turn, which is still running", () => {
  const { turns, isRunning, lost, repeated } = read([
    [written(prompt, 0), "a"],
    [written(agentEvent.token("Fi"), 1), "b"],
    [written(agentEvent.error("interrupted", "restarted"), 0, 2), "c"],
    [written({ ...done, interrupted: true }, 1, 2), "d"],
    [written(prompt, 2, 2), "e"],
    [written(agentEvent.token("Fine"), 3, 2), "f"],
  ]);
  expect(turns).toHaveLength(1);
  expect(turns[0]?.attempts.map(({ segments }) => segments)).toMatchObject([
    [{ kind: "text", text: "Fi" }],
    [{ kind: "text", text: "Fine" }],
  ]);
  expect({ isRunning, lost, repeated }).toEqual({ isRunning: true, lost: 0, repeated: 0 });
});

test("each part of a text belongs to the event that added it", () => {
  const { turns } = read([
    [written(prompt, 0), "a"],
    [written(agentEvent.token("Fine"), 1), "b"],
    [written(agentEvent.token(", thanks"), 2), "c"],
  ]);
  const segment = turns[0]?.attempts[0]?.segments[0];
  if (segment?.kind !== "text") throw new Error("no text");
  expect([0, 3, 4, 11].map((index) => seenAt(segment, index)?.id)).toEqual(["b", "b", "c", "c"]);
  const last = segment.pieces[1]?.seen;
  expect(last && rangeOf(segment, last)).toEqual([4, 12]);
});
