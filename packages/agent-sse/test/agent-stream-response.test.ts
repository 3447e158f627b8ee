import { expect, test } from "vitest";
import { agentEvent, agentStreamResponse, readAgentEvents } from "../src/index.ts";

async function* answer() {
  await Promise.resolve();
  yield { event: agentEvent.token("Hel"), id: "1" };
  yield { event: agentEvent.token("lo"), id: "2" };
  yield { event: agentEvent.done(), id: "3" };
}

test("what goes in comes out, with its ids", async () => {
  const read = [];
  for await (const received of readAgentEvents(agentStreamResponse(answer()))) read.push(received);
  expect(read).toEqual([
    { event: { type: "token", text: "Hel" }, id: "1" },
    { event: { type: "token", text: "lo" }, id: "2" },
    { event: agentEvent.done(), id: "3" },
  ]);
});
