import { decodeMessages, encodeMessage, header } from "@freshet/eventstream-codec";
import { expectSame, type RoundTrip, words } from "./round-trip.ts";

export const eventstreamCodec: RoundTrip = async () => {
  const headers = { ":event-type": header.string("word") };
  const frames = words.map((word) =>
    encodeMessage({ headers, payload: new TextEncoder().encode(word) }),
  );
  const body = new Response(new Blob(frames)).body ?? [];
  const decoded: string[] = [];
  for await (const { payload } of decodeMessages(body)) {
    decoded.push(new TextDecoder().decode(payload));
  }
  expectSame(decoded, words);
};
