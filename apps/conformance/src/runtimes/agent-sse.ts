import { agentEvent, agentStreamResponse, connectAgentStream } from "@freshet/agent-sse";
import { expectSame, type RoundTrip, words } from "./round-trip.ts";

export const agentSse: RoundTrip = async ({ events }) => {
  const own = [...words.map((word) => agentEvent.token(word)), agentEvent.done()];
  const inProcess = () => Promise.resolve(agentStreamResponse(own));
  for (const options of [{}, { fetch: inProcess }]) {
    const read: string[] = [];
    for await (const { event } of connectAgentStream(events, options)) {
      if (event.type === "token") read.push(event.text);
    }
    expectSame(read, words);
  }
};
