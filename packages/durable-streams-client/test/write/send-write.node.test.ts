import { describe, expect, test } from "vitest";
import { DurableStream, FetchError, ProtocolError, SeqConflictError } from "../../src/index.ts";
import { StubServer, type StubHandler } from "../support/stub-server.ts";
import { transports } from "../support/transports.ts";

const quick = { retry: { initialDelayMs: 1, maxDelayMs: 5 }, contentType: "application/json" };
const stored = { "stream-next-offset": "1" };
const drop: StubHandler = (_request, res) => {
  res.socket?.destroy();
};

describe.each(transports)("over %s", (_name, transport) => {
  const handleOf = (stub: StubServer, options: object = {}) =>
    new DurableStream({ url: stub.url, ...quick, ...transport, ...options });

  test("an append whose connection drops is not sent twice and rejects with maybeStored", async () => {
    await using stub = await StubServer.start(drop);
    const failed = handleOf(stub).append(1);
    await expect(failed).rejects.toThrow(FetchError);
    await expect(failed).rejects.toMatchObject({ code: "NETWORK", maybeStored: true });
    expect(stub.requests.length).toBe(1);
  });

  test("an append is not retried after a 500, but after a 429 and when nothing was sent", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) res.writeHead(500).end();
      else if (index === 1) res.writeHead(429).end();
      else res.writeHead(204, stored).end();
    });
    const handle = handleOf(stub);
    await expect(handle.append(1)).rejects.toMatchObject({ status: 500, maybeStored: true });
    expect(await handle.append(2)).toEqual({ nextOffset: "1" });
    expect(stub.requests.map(({ body }) => body)).toEqual(["[1]", "[2]", "[2]"]);
    const gone = await StubServer.start(() => undefined);
    const closedUrl = gone.url;
    await gone[Symbol.asyncDispose]();
    const nobody = new DurableStream({ url: closedUrl, ...quick, ...transport });
    await expect(nobody.append(1)).rejects.toMatchObject({ maybeStored: false, unsent: true });
  });

  test('an append with retryAppends: "always", or with seq, is sent again', async () => {
    await using stub = await StubServer.start((request, res, index) => {
      if (index % 2 === 0) res.socket?.destroy();
      else if (request.headers["stream-seq"]) res.writeHead(409).end("Sequence conflict");
      else res.writeHead(204, stored).end();
    });
    const always = handleOf(stub, { retryAppends: "always" });
    expect(await always.append(1)).toEqual({ nextOffset: "1" });
    const failed = handleOf(stub).append(2, { seq: "a" });
    await expect(failed).rejects.toThrow(SeqConflictError);
    await expect(failed).rejects.toMatchObject({ maybeStored: true });
    expect(stub.requests.length).toBe(4);
  });

  test("the 200 of a captive portal does not count as stored", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { "content-type": "text/html" }).end("<html>log in</html>");
    });
    const handle = handleOf(stub);
    await expect(handle.append(1)).rejects.toThrow(ProtocolError);
    await expect(handle.head()).rejects.toThrow(/stream-next-offset/);
    await expect(handle.delete()).rejects.toThrow(ProtocolError);
  });

  test("an append whose response headers are hidden rejects with maybeStored", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(204).end(); // as if CORS hid the headers
    });
    await expect(handleOf(stub).append(1)).rejects.toMatchObject({ maybeStored: true });
  });

  test("onError is not called for an append that may be stored", async () => {
    await using stub = await StubServer.start((_request, res, index) => {
      if (index === 0) res.writeHead(401).end();
      else res.socket?.destroy();
    });
    const statuses: unknown[] = [];
    const onError = (error: { status?: number | undefined }) => {
      statuses.push(error.status);
      return {};
    };
    await expect(handleOf(stub, { onError }).append(1)).rejects.toMatchObject({
      maybeStored: true,
    });
    expect(statuses).toEqual([401]);
    expect(stub.requests.length).toBe(2);
  });

  test("a seq conflict is recognised by the body of the response, not by its URL", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(409).end("Sequence conflict");
    });
    const handle = handleOf(stub, { url: `${stub.url}/content-type` });
    await expect(handle.append(1, { seq: "a" })).rejects.toThrow(SeqConflictError);
  });

  test("an append whose good response cannot be read rejects with maybeStored", async () => {
    await using stub = await StubServer.start((_request, res) => {
      res.writeHead(200, { ...stored, "content-encoding": "br" }).end("?");
    });
    const failed = new DurableStream({ url: stub.url, ...quick }).append(1);
    await expect(failed).rejects.toMatchObject({ status: 200, maybeStored: true });
    expect(stub.requests.length).toBe(1);
  });

  test("a write follows a 307 and rejects a 302", async () => {
    await using stub = await StubServer.start(({ path }, res) => {
      if (path === "/stream") res.writeHead(307, { location: "/moved" }).end();
      else if (path === "/old") res.writeHead(302, { location: "/moved" }).end();
      else res.writeHead(204, stored).end();
    });
    await handleOf(stub).append(1);
    expect(stub.requests.at(-1)).toMatchObject({ method: "POST", path: "/moved", body: "[1]" });
    const old = handleOf(stub, { url: stub.url.replace("/stream", "/old") });
    await expect(old.append(1)).rejects.toThrow(/redirected/);
  });
});
