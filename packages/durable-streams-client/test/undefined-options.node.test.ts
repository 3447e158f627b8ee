import { expect, test } from "vitest";
import { DurableStream, IdempotentProducer, stream } from "../src/index.ts";
import { closed, page, type StubRequest, StubServer } from "./support/stub-server.ts";

const names = [
  ...["headers", "params", "signal", "onError", "retry", "backoff", "fetch", "dispatcher"],
  ...["timeoutMs", "warnOnHttp", "offset", "live", "catchUp", "schema", "etag", "liveTimeoutMs"],
  ...["sseFirstEventMs", "pauseWhenHidden", "batching", "maxBatchBytes", "retryAppends"],
  ...[
    "ttlSeconds",
    "expiresAt",
    "closed",
    "body",
    "subOffset",
    "seq",
    "closeStream",
    "maxPendingBytes",
  ],
  ...["epoch", "autoClaim", "lingerMs", "maxBatchItems", "encoding", "decode", "tailEvents"],
  ...["onStatus", "onCut", "replay", "redirectHeaders"],
];
const allUndefined = Object.fromEntries(names.map((name) => [name, undefined]));

/** Calls every entry with these options and returns the requests and results. */
async function run(options: object): Promise<unknown> {
  await using stub = await StubServer.start(({ method }, res, index) => {
    if (index === 0)
      res.writeHead(503).end(); // a retry, whose back-off is the default
    else if (method === "GET") page(res, [1, 2], "1", closed);
    else {
      const headers = { "stream-next-offset": "1", "content-type": "application/json" };
      res.writeHead(200, { ...headers, "producer-epoch": "0", "producer-seq": "0" }).end();
    }
  });
  const { url } = stub;
  const results: unknown[] = [];
  const res = await stream(url, options);
  for await (const event of res.iterEvents({ mode: "json", ...options })) results.push(event);
  results.push(res.offset, res.closed);
  const handle = await DurableStream.create({ url, contentType: "application/json", ...options });
  results.push(await handle.append(1, options), await handle.appendStream([2], options));
  results.push(await (await handle.stream(options)).readJson(undefined));
  const fork = await handle.fork(`${url}-fork`, options);
  results.push(fork.contentType, await fork.head(options));
  await handle.delete(options);
  const writer = handle.writable(options).getWriter();
  await writer.write(3);
  await writer.close();
  const producer = new IdempotentProducer(handle, "p", options);
  producer.append(4);
  await producer.flush(options);
  producer.append(5);
  await producer.detach(options);
  results.push(producer.epoch, await handle.close(6, options));
  const sent = ({ method, path, search, body, headers }: StubRequest) => {
    const { "producer-id": id, "producer-epoch": epoch } = headers;
    // Those of writable() are random.
    const producer = id === "p" ? [id, epoch] : [typeof id, typeof epoch];
    const others = { ...headers, host: "", "producer-id": producer, "producer-epoch": undefined };
    return { method, path, search, body, headers: others };
  };
  return { results, requests: stub.requests.map(sent) };
}

test("an option that is explicitly undefined behaves as one that is left out", async () => {
  expect(await run(allUndefined)).toEqual(await run({}));
});

test("an undefined header or parameter is not sent, and a handle's options stay under a call's", async () => {
  await using stub = await StubServer.start((_request, res) => {
    page(res, [1], "1", closed);
  });
  const unset = { a: undefined } as unknown as Record<string, string>;
  const handle = new DurableStream({
    ...{ url: stub.url, headers: { a: "own", ...{ b: "b" } }, params: { a: "own" } },
  });
  await (await handle.stream({ headers: unset, params: unset, ...allUndefined })).readJson();
  await (await stream(stub.url, { headers: unset, params: unset })).readJson();
  await (await handle.stream({ headers: unset, params: unset })).readJson();
  expect(stub.requests.map(({ headers, query }) => [headers["a"], query.get("a")])).toEqual([
    ["own", "own"],
    [undefined, null],
    ["own", "own"],
  ]);
});
