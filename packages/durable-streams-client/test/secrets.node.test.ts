import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DurableStream, IdempotentProducer, stream } from "../src/index.ts";
import { page, StubServer, type StubHandler, upToDate } from "./support/stub-server.ts";
import { transports } from "./support/transports.ts";

const canary = "canary-7f3a9c1e";
const quick = { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 0 };

/** Every option that may hold a secret, with the URL of the requests. */
const secretOptions: Record<string, (url: string) => { url: string; [name: string]: unknown }> = {
  "headers.authorization": (url) => ({ url, headers: { authorization: `Bearer ${canary}` } }),
  "headers.x-api-key": (url) => ({ url, headers: { "X-Api-Key": canary } }),
  "headers.cookie": (url) => ({ url, headers: { cookie: `a=b; session=${canary}; c=d` } }),
  "a header function": (url) => ({ url, headers: { authorization: () => `Bearer ${canary}` } }),
  "params.token": (url) => ({ url, params: { token: canary } }),
  "params.token with special characters": (url) => ({ url, params: { token: `${canary} &/é` } }),
  "a parameter function": (url) => ({ url, params: { token: () => Promise.resolve(canary) } }),
  "the URL's query": (url) => ({ url: `${url}?token=${canary}` }),
  "a header that HTTP cannot carry": (url) => ({ url, headers: { authorization: `${canary}\n` } }),
  "a header function that HTTP cannot carry": (url) => ({
    ...{ url, headers: { authorization: () => `${canary}\u{1f511}` } },
  }),
  "headers that are text": (url) => ({ url, headers: `authorization: ${canary}` }),
  "params that are text": (url) => ({ url, params: `token=${canary}` }),
  "a parameter that is not text": (url) => ({ url, params: { token: [canary] } }),
  "user and password of the URL": (url) => ({ url: url.replace("//", `//user:${canary}@`) }),
  "the query of a URL that is none": () => ({ url: `htp://localhost/x?token=${canary}` }),
  "the password of a URL that is none": () => ({ url: `htp://user:${canary}@localhost/x` }),
  "the query of a relative URL": () => ({ url: `/x?token=${canary}` }),
};

/** Responses that end in an error, and repeat what they got. */
const faults: Record<string, StubHandler> = {
  "a 500 that repeats the request": (request, res) => {
    res.writeHead(500).end(`failed: ${request.search} ${JSON.stringify(request.headers)}`);
  },
  "a 401 that repeats the request": (request, res) => {
    res.writeHead(401).end(`${request.search} ${JSON.stringify(request.headers)}`);
  },
  "a 404": (_request, res) => {
    res.writeHead(404).end();
  },
  "a dropped connection": (_request, res) => {
    res.socket?.destroy();
  },
  "a captive portal": (_request, res) => {
    res.writeHead(200, { "content-type": "text/html" }).end("log in");
  },
  "a redirect that cannot be followed": (request, res) => {
    res.writeHead(302, { location: `http://[bad${request.search}` }).end();
  },
  "a redirect in a circle": (request, res) => {
    res.writeHead(307, { location: `/round${request.search}` }).end();
  },
  "a redirect to another origin": (request, res) => {
    res.writeHead(307, { location: `http://127.0.0.1:9/x${request.search}` }).end();
  },
  "no response": () => undefined,
  "a compression that is unknown": (_request, res) => {
    res.writeHead(200, { "content-encoding": "br", "stream-next-offset": "1" }).end("?");
  },
  "a stale epoch": (_request, res) => {
    res.writeHead(204, { "stream-next-offset": "1", "producer-seq": "0" }).end();
  },
  "long-polls without a cursor that never wait": (request, res) => {
    if (request.query.has("live")) res.writeHead(204, { "stream-next-offset": "1" }).end();
    else page(res, [1], "1", upToDate);
  },
  "a closed stream": (_request, res) => {
    res.writeHead(409, { "stream-closed": "true" }).end();
  },
  "data that is not JSON": (_request, res) => {
    res.writeHead(200, { "content-type": "application/json", "stream-next-offset": "1" });
    res.end("[nonsense]");
  },
  "data that is text": (_request, res) => {
    res.writeHead(200, { "content-type": "text/plain", "stream-next-offset": "1", ...upToDate });
    res.end("text");
  },
};

const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
afterEach(() => {
  warn.mockClear();
});

/** Everything that a program may log. */
function shown(value: unknown): string {
  return `${inspect(value, { depth: 20, showHidden: true })} ${String(value)} ${JSON.stringify(value)}`;
}

/** Calls every entry and returns what a program may log of its results and errors. */
async function use(options: { url: string }): Promise<string[]> {
  const logged: string[] = [];
  const attempt = async (call: () => Promise<unknown>) => {
    try {
      logged.push(shown(await call()));
    } catch (error) {
      logged.push(shown(error));
    }
  };
  const { url } = options;
  await attempt(async () => {
    const res = await stream(url, { ...options, live: "long-poll", offset: "-1" });
    logged.push(shown(res));
    for await (const item of res.iterJson()) logged.push(shown(item));
    return res.readJson(); // consumed already
  });
  await attempt(async () => (await stream(url, { ...options, live: false })).readJson());
  await attempt(async () => {
    const res = await stream(url, { ...options, live: false, offset: "-1,99" });
    await res.readJson();
  });
  await attempt(async () => {
    const handle = new DurableStream({ ...options, contentType: "application/json" });
    logged.push(shown(handle));
    await attempt(() => handle.append(1));
    await attempt(() => handle.head());
    await attempt(() => handle.close());
    await attempt(() => handle.delete());
    const producer = new IdempotentProducer(handle, "p", { lingerMs: 0 });
    producer.append(1);
    await attempt(() => producer.flush());
    logged.push(shown(producer));
  });
  await attempt(() => DurableStream.create(options));
  return logged;
}

describe.each(transports)("over %s", (_name, transport) => {
  describe.each(Object.entries(faults))("no secret is logged after %s", (_fault, handler) => {
    test.each(Object.entries(secretOptions))("of %s", async (_option, make) => {
      await using stub = await StubServer.start(handler);
      const options = { retry: quick, timeoutMs: 15, ...transport, ...make(stub.url) };
      const logged = [...(await use(options)), shown(warn.mock.calls)];
      expect(logged.length).toBeGreaterThan(4);
      const isInspected = logged.some((text) => /Error|Invalid/.test(text));
      expect(isInspected).toBe(true);
      expect(logged.filter((text) => text.includes(canary))).toEqual([]);
    });
  });
});

test.each(Object.entries(secretOptions))(
  "no secret of %s is logged when a fetch of the caller quotes its request",
  async (_option, make) => {
    const fetch = (input: string | URL, init?: RequestInit) => {
      const quoted = `${String(input)} ${JSON.stringify(init?.headers)}`;
      return Promise.reject(
        new TypeError(`Failed: ${quoted}`, { cause: Object.assign(new Error(quoted), { quoted }) }),
      );
    };
    const options = { retry: quick, timeoutMs: 15, fetch, ...make("http://localhost:1/x") };
    const logged = [...(await use(options)), shown(warn.mock.calls)];
    expect(logged.filter((text) => text.includes(canary))).toEqual([]);
  },
);
