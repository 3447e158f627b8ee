/**
 * Agent events as the response of a Hono handler.
 *
 * @module
 */
import type { Context } from "hono";
import {
  agentStreamResponse,
  type AgentStreamResponseOptions,
  type AgentStreamSource,
} from "../server/agent-stream-response.ts";

export type {
  AgentStreamResponseOptions,
  AgentStreamSource,
} from "../server/agent-stream-response.ts";
export type { AgentStreamWriter } from "../server/agent-stream-writer.ts";

/**
 * Creates an {@link agentStreamResponse} from a Hono context: headers that were set on the context stay, and
 * the source stops when the client leaves.
 *
 * @param source - events, or a function that writes them; it stops at its next write after the client left
 *
 * @example
 * ```ts
 * import { streamAgent } from "@freshet/agent-sse/hono";
 * import { Hono } from "hono";
 *
 * const app = new Hono();
 * app.get("/events", (c) =>
 *   streamAgent(c, async (writer) => {
 *     await writer.token("Hello");
 *     await writer.done();
 *   }),
 * );
 * ```
 */
export function streamAgent(
  c: Context,
  source: AgentStreamSource,
  options: AgentStreamResponseOptions = {},
): Response {
  const signal = options.signal ?? c.req.raw.signal;
  const headers = mergedHeaders(c.res.headers, new Headers(options.headers));
  const response = agentStreamResponse(source, { ...options, signal, headers });
  return c.body(response.body as ReadableStream, 200, headerRecord(response.headers));
}

/** The headers of the context and those of the options, which win; each cookie of both is sent. */
function mergedHeaders(ofContext: Headers, ofOptions: Headers): Headers {
  const headers = new Headers(ofContext);
  for (const [name, value] of ofOptions) {
    if (name === "set-cookie") headers.append(name, value);
    else headers.set(name, value);
  }
  return headers;
}

function headerRecord(headers: Headers): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  const record = Object.fromEntries(headers);
  return cookies.length > 0 ? { ...record, "set-cookie": cookies } : record;
}
