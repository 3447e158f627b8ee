import { Agent } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStore } from "../../src/index.ts";
import { checkStreams } from "../../src/testing/check-streams.ts";
import type { Deviation } from "../../src/testing/expected-response.ts";
import { knownFailures } from "../../src/testing/known-failures.ts";
import { StreamHistory } from "../../src/testing/stream-history.ts";
import type { AppendToStream, StreamRequest } from "../../src/testing/stream-request.ts";
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

/** The shortest requests that show each. */
const scenarios: Record<Deviation, (name: string) => readonly StreamRequest[]> = {
  "repetition-after-close": (name) => [
    create(name, ""),
    append(name, "p", "p"),
    append(name, "q", "q", true),
    append(name, "q", "q", true),
    append(name, "p", "p"),
  ],
  "offset-outlives-stream": (name) => [
    create(name, "12345"),
    { kind: "delete", path: path(name) },
    create(name, "1234567890"),
    { kind: "read", path: path(name), offset: "0000000000000000_0000000000000005" },
  ],
};

test.each(Object.keys(scenarios) as Deviation[])(
  "%s is found, as long as it is known",
  async (name) => {
    const history = new StreamHistory();
    for (const request of scenarios[name](name)) {
      await history.record(
        "client",
        async () => ({ server: "A", response: await sendOverHttp(agent, server.url, request) }),
        request,
      );
    }
    const expected = knownFailures.includes(name) ? [{ kind: "known failure", text: name }] : [];
    expect(checkStreams(history, knownFailures)).toEqual(expected);
  },
);
