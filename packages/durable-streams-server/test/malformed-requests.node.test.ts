import fc from "fast-check";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDurableStreams, memoryStore, type Store } from "../src/index.ts";
import { lmdbStore } from "../src/lmdb/index.ts";
import { postgresStore } from "../src/postgres/index.ts";
import { PostgresServer } from "./support/postgres.ts";
import { serve, type RunningServer } from "./support/serve.ts";

const RUNS = Number(process.env["MALFORMED_RUNS"] ?? 3000);

const headerNames = [
  "content-type",
  "content-length",
  "stream-seq",
  "stream-ttl",
  "stream-expires-at",
  "stream-closed",
  "stream-forked-from",
  "stream-fork-offset",
  "stream-fork-sub-offset",
  "producer-id",
  "producer-epoch",
  "producer-seq",
  "if-none-match",
  "authorization",
];

/** What a header can carry at all. */
const headerValue = fc.oneof(
  fc.constantFrom(
    "",
    "true",
    "TRUE",
    "0",
    "-1",
    "00",
    "1e3",
    "9007199254740993",
    "now",
    "0000000000000000_0000000000000000",
    "0000000000000000_0000000000000003",
    "9999999999999999_9999999999999999",
    "application/json",
    "text/plain; charset=utf-8",
    "application/json;",
    "2030-01-01T00:00:00Z",
    "2030-13-45T99:99:99Z",
    "/s/1",
    "/other/1",
    "*",
  ),
  fc.string().map((text) => text.replace(/[^\x21-\xff]/g, "")),
  fc.nat().map(String),
  fc.string({ minLength: 1100, maxLength: 1200, unit: fc.constantFrom("x", "1") }),
);

const path = fc.oneof(
  fc.constantFrom(
    "/s/1",
    "/s/2",
    "/s/json",
    "/s/",
    "/s",
    "/",
    "/s/%00",
    "/s/%",
    "/s/a/../b",
    "/s//",
  ),
  fc.constantFrom(
    "/s/__ds",
    "/s/__ds/jwks.json",
    "/s/__ds/subscriptions",
    "/s/__ds/subscriptions/x",
    "/s/__ds/subscriptions/x/claim",
    "/s/__ds/subscriptions/x/ack",
    "/s/__ds/subscriptions/x/release",
    "/s/__ds/subscriptions/x/callback",
    "/s/__ds/subscriptions/x/streams",
    "/s/__ds/subscriptions/%/streams/%",
    "/s/__ds/subscriptions/%00",
    "/s/__ds/subscriptions/x/streams/%00",
    "/s/__ds/subscriptions/x/streams/a%2Fb",
  ),
  fc.webPath(),
);

const query = fc.oneof(
  fc.constant(""),
  fc
    .record(
      {
        offset: headerValue,
        live: fc.constantFrom("sse", "long-poll", "", "no"),
        cursor: headerValue,
      },
      { requiredKeys: [] },
    )
    .map((fields) => `?${new URLSearchParams(fields).toString()}`),
  fc.string().map((text) => `?${encodeURI(text.replace(/[\ud800-\udfff]/g, ""))}`),
);

const json = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        type: fc.constantFrom("webhook", "pull-wake", 1, null),
        pattern: fc.oneof(
          fc.constantFrom("**", "*", "a/*", "", "\0/*", `${"x".repeat(3000)}*`),
          fc.anything(),
        ),
        streams: fc.oneof(
          fc.array(fc.oneof(fc.string(), fc.constantFrom("..", "\0", "é", "x".repeat(3000)))),
          fc.anything(),
        ),
        webhook: fc.oneof(fc.record({ url: fc.webUrl() }), fc.anything()),
        wake_stream: fc.anything(),
        lease_ttl_ms: fc.anything(),
        worker: fc.anything(),
        acks: fc.oneof(fc.array(fc.anything()), fc.anything()),
      },
      { requiredKeys: [] },
    )
    .map((value) =>
      JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? 1 : each)),
    ),
);

const body = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 100 }),
  json.map((text) => new TextEncoder().encode(text)),
  fc
    .constantFrom("[]", "[1,2]", "{", "\ufeff[]", "[[", '"\ud800"')
    .map((text) => new TextEncoder().encode(text)),
);

const requests = fc.record({
  method: fc.constantFrom("PUT", "POST", "GET", "HEAD", "DELETE", "OPTIONS", "PATCH"),
  path,
  query,
  headers: fc.dictionary(fc.constantFrom(...headerNames), headerValue, { maxKeys: 6 }),
  body,
});

interface OpenStore {
  store: Store;
  remove: () => Promise<void>;
}

const stores: [string, number, () => Promise<OpenStore>][] = [
  [
    "memory",
    RUNS,
    () => Promise.resolve({ store: memoryStore(), remove: () => Promise.resolve() }),
  ],
  [
    "LMDB",
    RUNS / 3,
    async () => {
      const path = await mkdtemp(join(tmpdir(), "freshet-malformed-"));
      return { store: lmdbStore({ path }), remove: () => rm(path, { recursive: true }) };
    },
  ],
  [
    "PostgreSQL",
    RUNS / 3,
    async () => {
      const server = await PostgresServer.start();
      return { store: postgresStore({ url: server.url }), remove: () => server.remove() };
    },
  ],
];

describe("malformed requests", () => {
  test.each(stores)(
    "a malformed request is never a server error, on %s",
    async (_, numRuns, open) => {
      const errors: unknown[] = [];
      const { store, remove } = await open();
      const streams = createDurableStreams({
        store,
        basePath: "/s",
        longPollTimeoutMs: 1,
        sseMaxAgeMs: 1,
        limits: { bodyBytes: 64 },
        logger: { info: () => undefined, warn: () => undefined, error: (e) => errors.push(e) },
      });
      const property = fc.asyncProperty(
        requests,
        async ({ method, path, query, headers, body }) => {
          const url = new URL(`http://localhost${path}${query}`);
          const hasBody = method !== "GET" && method !== "HEAD";
          const init = { method, headers, ...(hasBody && body && { body: new Uint8Array(body) }) };
          const response = await streams.fetch(new Request(url, init));
          await response.arrayBuffer();
          expect(errors).toEqual([]);
          expect(response.status).toSatisfy((status: number) => status < 500 || status === 507);
        },
      );
      try {
        await fc.assert(property, { numRuns });
      } finally {
        await streams.close();
        await remove();
      }
    },
    60_000,
  );

  describe("on a socket", () => {
    let server: RunningServer;
    beforeAll(async () => {
      server = await serve({ store: memoryStore(), limits: { bodyBytes: 1000 } });
    });
    afterAll(() => server.close());

    const responseTo = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(server.url);
        let response = "";
        const socket = connect(Number(port), hostname, () => socket.end(text));
        socket.on("data", (chunk) => (response += chunk.toString("latin1")));
        socket.on("close", () => resolve(response));
        socket.on("error", reject);
      });

    test.each([
      ["an invalid Host", "GET /a HTTP/1.1\r\nhost: [\r\n\r\n", 400],
      [
        "a Host that would change the path",
        "GET /a HTTP/1.1\r\nhost: x/early?\r\nconnection: close\r\n\r\n",
        400,
      ],
      ["a missing Host", "GET /a HTTP/1.0\r\n\r\n", 404],
      [
        "a target that begins like a host",
        "GET //a/b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        404,
      ],
      [
        "an absolute target",
        "GET http://y/a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        404,
      ],
      [
        "a body longer than the limit",
        `PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\n\r\n${"x".repeat(2000)}`,
        413,
      ],
      [
        "a chunked body longer than the limit",
        `PUT /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n${"x".repeat(2000)}\r\n0\r\n\r\n`,
        413,
      ],
      [
        "a body that ends early",
        "PUT /early HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc",
        400,
      ],
    ])("%s is handled", async (_, text, status) => {
      expect(await responseTo(text)).toMatch(new RegExp(`^(HTTP/1.1 ${status} |$)`));
    });

    test("a body that ended early was not stored", async () => {
      const response = await fetch(`${server.url}/early`);
      expect(response.status).toBe(404);
    });
  });
});
