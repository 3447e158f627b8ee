import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DurableStreamTestServer } from "@durable-streams/server";

/**
 * The servers of the benchmark, in a separate process: a real one (in memory), and one that sends
 * responses built beforehand, so that only the client's work is measured.
 */
const real = new DurableStreamTestServer({ port: 0 });

const pageItems = 10_000;
const pageCount = 100;
const pages = Array.from({ length: pageCount }, (_, page) => {
  const items = Array.from({ length: pageItems }, (_item, n) => ({
    n: page * pageItems + n,
    text: "twenty characters ..",
  }));
  return Buffer.from(JSON.stringify(items));
});
// One response with all items: the arrays joined.
const everything = Buffer.concat([
  Buffer.from("["),
  ...pages.flatMap((page, index) => [Buffer.from(index > 0 ? "," : ""), page.subarray(1, -1)]),
  Buffer.from("]"),
]);
const bytes = Buffer.alloc(64 * 1024 * 1024, "0123456789abcdef");
const closed = { "stream-up-to-date": "true", "stream-closed": "true" };

const canned = createServer((req, res) => {
  const url = new URL(req.url ?? "/", "http://canned");
  if (req.method !== "GET") {
    req.resume();
    req.on("end", () => {
      const producer = req.headers["producer-seq"];
      res.setHeader("content-type", "application/json");
      res.setHeader("stream-next-offset", "1");
      if (producer !== undefined) res.setHeader("producer-seq", producer);
      res.writeHead(producer === undefined ? 204 : 200, { "content-length": "0" }).end();
    });
    return;
  }
  const offset = url.searchParams.get("offset") ?? "-1";
  const page = offset === "-1" ? 0 : Number(offset);
  if (url.pathname === "/bytes") {
    res.writeHead(200, {
      ...{ "content-type": "application/octet-stream", "stream-next-offset": "1" },
      ...{ "content-length": String(bytes.length), ...closed },
    });
    res.end(bytes);
    return;
  }
  const whole = url.pathname === "/whole";
  const isLast = whole || page === pageCount - 1;
  const body = whole ? everything : pages[page];
  res.writeHead(200, {
    ...{ "content-type": "application/json", "content-length": String(body?.length ?? 0) },
    ...{ "stream-next-offset": String(page + 1).padStart(4, "0"), "stream-cursor": String(page) },
    ...(isLast ? closed : {}),
  });
  res.end(body);
});

const realUrl = await real.start();
await new Promise<void>((resolve) => canned.listen(0, "127.0.0.1", resolve));
const cannedUrl = `http://127.0.0.1:${String((canned.address() as AddressInfo).port)}`;
process.send?.({ realUrl, cannedUrl });
process.once("disconnect", () => process.exit());
