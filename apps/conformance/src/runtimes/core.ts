import { fromBase64, iterateBytes, toBase64 } from "@freshet/core";
import { SseParser } from "@freshet/core/sse";
import { expectSame, type RoundTrip, words } from "./round-trip.ts";

export const core: RoundTrip = async ({ events }) => {
  const bytes = new TextEncoder().encode(words.join(""));
  expectSame([...fromBase64(toBase64(bytes))], [...bytes]);
  let count = 0;
  const parser = new SseParser({ onEvent: () => count++ });
  const response = await fetch(events);
  for await (const chunk of iterateBytes(response.body ?? [])) parser.push(chunk);
  expectSame(count, words.length + 1);
};
