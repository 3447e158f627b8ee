import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { random } from "./random.ts";

/**
 * A proxy in front of the real server. Under `/faults/<seed>/` it spoils requests in ways that the
 * seed decides; under `/plain/` it does not. Either way it has the CORS headers that tests in a
 * browser need.
 */
export interface FaultProxy {
  readonly url: string;
  close(): Promise<void>;
}

type Fault =
  | { kind: "none" }
  | { kind: "drop" }
  | { kind: "drop-response" }
  | { kind: "status"; status: number; retryAfter?: string }
  | { kind: "garbage" }
  | { kind: "stall" }
  | { kind: "cut"; after: number }
  | { kind: "slow" };

/** Two of three requests are spoiled, but never more than three in a row with nothing got. */
function faults(seed: number): (method: string) => Fault {
  const next = random(seed);
  let inRow = 0;
  return (method) => {
    const draw = next();
    if (inRow >= 3 || draw < 0.34) {
      inRow = 0;
      return { kind: "none" };
    }
    inRow++;
    if (draw < 0.4) return { kind: "drop" };
    if (draw < 0.46) return { kind: "status", status: 500 };
    if (draw < 0.5) return { kind: "status", status: 503 };
    if (draw < 0.52) return { kind: "status", status: 429, retryAfter: "0" };
    if (draw < 0.525) return { kind: "stall" };
    if (method !== "GET") return draw < 0.8 ? { kind: "drop-response" } : { kind: "none" };
    if (draw < 0.6) return { kind: "garbage" };
    if (draw < 0.65) return { kind: "slow" };
    inRow = 0; // a cut response brings something
    return { kind: "cut", after: Math.floor(next() ** 3 * 60_000) };
  };
}

export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const plans = new Map<string, (method: string) => Fault>();
  const server = createServer((req, res) => {
    allowAllOrigins(req, res);
    if (req.method === "OPTIONS") {
      res.writeHead(204).end();
      return;
    }
    const [, zone, seed = "", ...path] = (req.url ?? "").split("/");
    const isFaulty = zone === "faults";
    if (isFaulty && !plans.has(seed)) plans.set(seed, faults(Number(seed)));
    const plan = isFaulty ? plans.get(seed) : undefined;
    const fault: Fault = plan?.(req.method ?? "GET") ?? { kind: "none" };
    const target = `${upstream}/${isFaulty ? path.join("/") : [seed, ...path].join("/")}`;
    if (fault.kind === "drop") req.socket.destroy();
    else if (fault.kind === "status") {
      req.resume();
      if (fault.retryAfter) res.setHeader("retry-after", fault.retryAfter);
      res.writeHead(fault.status).end("a fault of the test");
    } else if (fault.kind === "garbage") {
      res.writeHead(200, { "content-type": "text/html" }).end("<html>Please log in</html>");
    } else if (fault.kind === "stall") {
      req.resume(); // and no response, ever
    } else forward(req, res, target, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function allowAllOrigins(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader("access-control-allow-origin", "*");
  res.setHeader("access-control-allow-methods", "GET, POST, PUT, DELETE, HEAD, OPTIONS");
  const requested = req.headers["access-control-request-headers"];
  if (requested) res.setHeader("access-control-allow-headers", requested);
  res.setHeader("access-control-expose-headers", "*");
  res.setHeader("access-control-max-age", "600");
}

function forward(req: IncomingMessage, res: ServerResponse, target: string, fault: Fault): void {
  const headers = { ...req.headers };
  delete headers.host;
  const source = headers["stream-forked-from"];
  if (typeof source === "string") headers["stream-forked-from"] = source.replace("/plain", "");
  const up = request(target, { method: req.method, headers }, (response) => {
    if (fault.kind === "drop-response") {
      // The server has done it; the client will not hear of it.
      response.resume();
      response.on("end", () => req.socket.destroy());
      return;
    }
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined && !name.startsWith("access-control-")) res.setHeader(name, value);
    }
    res.writeHead(response.statusCode ?? 502);
    res.flushHeaders();
    response.on("error", () => res.destroy());
    if (fault.kind === "cut") cutAfter(response, res, fault.after);
    else if (fault.kind === "slow") trickle(response, res);
    else response.pipe(res);
  });
  up.on("error", () => res.destroy());
  res.on("close", () => up.destroy());
  req.pipe(up);
}

function cutAfter(response: IncomingMessage, res: ServerResponse, bytes: number): void {
  let left = bytes;
  response.on("data", (chunk: Buffer) => {
    if (left <= 0) return;
    res.write(chunk.subarray(0, left), () => {
      if (left <= 0) res.socket?.destroy();
    });
    left -= chunk.length;
  });
  response.on("end", () => {
    if (left > 0) res.end();
    // Also where the cut is before the first byte of no bytes: an response that is whole to the client,
    // but never ended here, would hold up the next one on its connection.
    else res.socket?.destroy();
  });
}

function trickle(response: IncomingMessage, res: ServerResponse): void {
  void (async () => {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += 997) {
        res.write(chunk.subarray(at, at + 997));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    res.end();
  })().catch(() => res.destroy());
}
