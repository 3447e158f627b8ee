import { request as httpRequest, type Agent, type IncomingMessage } from "node:http";
import type { StreamRequest, StreamResponse } from "../../src/testing/stream-request.ts";

/** A request that nobody answers for so long has an unknown outcome. In milliseconds. */
const TIMEOUT_MS = 1000;

interface HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * Sends a request over HTTP. The outcome is unknown when the connection breaks, when the server says
 * that it does not know (5xx), or when there is no response in time.
 *
 * @param cutAfterMs - the connection is cut so long after the request was sent
 */
export function sendOverHttp(
  agent: Agent,
  base: string,
  request: StreamRequest,
  cutAfterMs?: number,
): Promise<StreamResponse | "unknown" | "not sent"> {
  const { method, target, headers, body } = httpRequestOf(base, request);
  return new Promise((resolve) => {
    const outgoing = httpRequest(target, { method, headers, agent }, (response) => {
      readResponse(request, response).then(resolve, () => {
        resolve("unknown");
      });
    });
    const timer = setTimeout(() => outgoing.destroy(), TIMEOUT_MS);
    outgoing.once("close", () => {
      clearTimeout(timer);
    });
    outgoing.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code === "ECONNREFUSED" ? "not sent" : "unknown");
    });
    if (cutAfterMs !== undefined) {
      outgoing.once("finish", () => setTimeout(() => outgoing.destroy(), cutAfterMs));
    }
    outgoing.end(body);
  });
}

function httpRequestOf(base: string, request: StreamRequest): HttpRequest {
  const target = `${base}/${request.path}`;
  const headers: Record<string, string> = {};
  switch (request.kind) {
    case "create": {
      const { closed, data, fork } = request;
      headers["content-type"] = "text/plain";
      if (closed) headers["stream-closed"] = "true";
      if (fork) headers["stream-forked-from"] = `${new URL(base).pathname}/${fork.path}`;
      if (fork?.offset !== undefined) headers["stream-fork-offset"] = fork.offset;
      return { method: "PUT", target, headers, body: data };
    }
    case "append": {
      const { data, close, seq, producer } = request;
      if (data) headers["content-type"] = "text/plain";
      if (close) headers["stream-closed"] = "true";
      if (seq !== undefined) headers["stream-seq"] = seq;
      if (producer) {
        headers["producer-id"] = producer.id;
        headers["producer-epoch"] = String(producer.epoch);
        headers["producer-seq"] = String(producer.seq);
      }
      return { method: "POST", target, headers, body: data };
    }
    case "read": {
      const query = `?offset=${encodeURIComponent(request.offset ?? "-1")}`;
      return { method: "GET", target: target + query, headers, body: "" };
    }
    default:
      return { method: request.kind.toUpperCase(), target, headers, body: "" };
  }
}

async function readResponse(
  request: StreamRequest,
  response: IncomingMessage,
): Promise<StreamResponse | "unknown"> {
  let body = "";
  response.setEncoding("utf8");
  for await (const chunk of response) body += String(chunk);
  const status = response.statusCode ?? 0;
  if (status >= 500) return "unknown";
  const text = (name: string) => {
    const value = response.headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const number = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  return {
    status,
    offset: text("stream-next-offset"),
    closed: text("stream-closed") === "true",
    producerEpoch: number("producer-epoch"),
    producerSeq: number("producer-seq"),
    expectedSeq: number("producer-expected-seq"),
    receivedSeq: number("producer-received-seq"),
    content: request.kind === "read" && status === 200 ? body : undefined,
  };
}
