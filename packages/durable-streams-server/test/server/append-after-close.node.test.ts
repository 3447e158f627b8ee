import { afterEach, expect, test } from "vitest";
import { createDurableStreams, memoryStore, type DurableStreams } from "../../src/index.ts";

let streams: DurableStreams;

afterEach(() => streams.close());

interface Append {
  readonly id?: string;
  readonly epoch?: number;
  readonly seq?: number;
  readonly body?: string;
  readonly close?: boolean;
}

async function append({ id, epoch = 0, seq = 0, body, close }: Append): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": "text/plain",
    ...(close && { "stream-closed": "true" }),
    ...(id !== undefined && {
      "producer-id": id,
      "producer-epoch": String(epoch),
      "producer-seq": String(seq),
    }),
  };
  const init = { method: "POST", headers, ...(body !== undefined && { body }) };
  return streams.fetch(new Request("http://localhost/s", init));
}

/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 5.2.1) */
test.each<[string, Append, Append, { status: number; epoch: string | null; seq: string | null }]>([
  [
    "the closing request",
    { id: "a", seq: 1, body: "x", close: true },
    { id: "a", seq: 1, body: "x", close: true },
    { status: 204, epoch: "0", seq: "1" },
  ],
  [
    "an earlier request of the producer that closed it",
    { id: "a", seq: 1, close: true },
    { id: "a", seq: 0, body: "x" },
    { status: 409, epoch: "0", seq: "1" },
  ],
  [
    "a stored request of another producer",
    { id: "a", seq: 1, close: true },
    { id: "b", epoch: 3, seq: 0, body: "x" },
    { status: 409, epoch: "3", seq: "0" },
  ],
  [
    "a request of another producer that was not stored",
    { id: "a", seq: 1, close: true },
    { id: "b", epoch: 3, seq: 1, body: "x" },
    { status: 409, epoch: "3", seq: "0" },
  ],
  [
    "a stored request, after a close without a producer",
    { close: true },
    { id: "b", epoch: 3, seq: 0, body: "x" },
    { status: 409, epoch: "3", seq: "0" },
  ],
  [
    "another producer's close",
    { id: "a", seq: 1, close: true },
    { id: "b", epoch: 3, seq: 1, close: true },
    { status: 409, epoch: "3", seq: "0" },
  ],
  [
    "a request of an unknown producer",
    { id: "a", seq: 1, close: true },
    { id: "c", body: "x" },
    { status: 409, epoch: null, seq: null },
  ],
  [
    "data without a producer",
    { close: true },
    { body: "x" },
    { status: 409, epoch: null, seq: null },
  ],
  [
    "a close without a producer, after one without",
    { close: true },
    { close: true },
    { status: 204, epoch: null, seq: null },
  ],
])("on a closed stream, %s", async (_, closing, request, expected) => {
  streams = createDurableStreams({ store: memoryStore() });
  const init = { method: "PUT", headers: { "content-type": "text/plain" } };
  await streams.fetch(new Request("http://localhost/s", init));
  await append({ id: "a", body: "x" });
  await append({ id: "b", epoch: 3, body: "x" });
  expect((await append(closing)).ok).toBe(true);
  const response = await append(request);
  const { status, headers } = response;
  const [epoch, seq] = [headers.get("producer-epoch"), headers.get("producer-seq")];
  expect({ status, epoch, seq }).toEqual(expected);
  expect(headers.get("stream-closed")).toBe("true");
});
