import { DurableStream, IdempotentProducer, stream } from "@freshet/durable-streams-client";
import { expectSame, type RoundTrip, words } from "./round-trip.ts";

export const durableStreamsClient: RoundTrip = async ({ streams }) => {
  const url = `${streams}/${crypto.randomUUID()}`;
  const handle = await DurableStream.create({ url, contentType: "application/json" });
  const live = await stream<string>(url);
  const producer = new IdempotentProducer(handle, "round-trip");
  for (const word of words) producer.append(word);
  await producer.close();
  for (const response of [live, await stream<string>(url, { live: "long-poll" })]) {
    const read: string[] = [];
    for await (const word of response.iterJson()) read.push(word);
    expectSame(read, words);
  }
};
