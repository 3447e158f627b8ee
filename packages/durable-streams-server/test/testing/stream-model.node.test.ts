import { Agent } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { checkStreams } from "../../src/testing/check-streams.ts";
import { StreamHistory } from "../../src/testing/stream-history.ts";
import type {
  AppendToStream,
  StreamRequest,
  StreamResponse,
} from "../../src/testing/stream-request.ts";
import { sendOverHttp } from "../stress/http-request.ts";
import { serve, type RunningServer } from "../support/serve.ts";

const agent = new Agent();
let server: RunningServer;

beforeAll(async () => {
  server = await serve({ store: memoryStore() });
});
afterAll(() => server.close());

const path = (name: string) => `v1/stream/${name}`;
const create = (name: string, data: string): StreamRequest => ({
  kind: "create",
  path: path(name),
  closed: false,
  data,
});
const append = (name: string, id: string, data: string, close = false): AppendToStream => ({
  kind: "append",
  path: path(name),
  data,
  close,
  producer: { id, epoch: 0, seq: 0 },
});

/** The response to the last request of each is not that of a server that knows less. */
const scenarios: Record<string, readonly [readonly StreamRequest[], StreamResponse]> = {
  "a producer's repetition after another one closed the stream": [
    [
      create("closed", ""),
      append("closed", "p", "p"),
      append("closed", "q", "q", true),
      append("closed", "q", "q", true),
      append("closed", "p", "p"),
    ],
    { status: 204, closed: true, producerEpoch: 0, producerSeq: 0 },
  ],
  "an offset of a stream that was deleted": [
    [
      create("again", "12345"),
      { kind: "delete", path: path("again") },
      create("again", "1234567890"),
      { kind: "read", path: path("again") },
    ],
    { status: 200, content: "67890" },
  ],
};

test.each(Object.entries(scenarios))("%s is refused", async (_, [requests, wrong]) => {
  const history = new StreamHistory();
  let offset: string | undefined;
  for (const request of requests) {
    const isOld = request.kind === "read";
    const response = await history.record(
      "client",
      async (input) => ({ server: "A", response: await sendOverHttp(agent, server.url, input) }),
      isOld ? { ...request, offset } : request,
    );
    if (typeof response === "object") offset ??= response.offset;
  }
  expect(checkStreams(history)).toEqual([]);
  const last = history.requests.at(-1)?.response;
  if (!last) throw new Error("The last request has no response.");
  const before = last.output;
  Object.assign(last, {
    output: { offset: history.requests.at(-2)?.response?.output.offset, ...wrong },
  });
  expect(before.status).toBeGreaterThanOrEqual(409);
  expect(checkStreams(history)).toEqual([expect.objectContaining({ kind: "anomaly" })]);
});
