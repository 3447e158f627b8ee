import type { StandardSchemaV1 } from "@freshet/core";
import { Endpoint } from "../http/endpoint.ts";
import { InvalidOptionError } from "../errors.ts";
import type { Live } from "./live-mode.ts";
import { type Offset, parsePosition } from "../protocol/offset.ts";
import { checkWait, type EndpointOptions } from "../http/endpoint-options.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamResponse } from "./stream-response.ts";

/** Options of {@link stream}. */
export interface StreamOptions<T = unknown> extends EndpointOptions {
  /**
   * Where to begin: `"-1"` the start (default), `"now"` the tail, an offset a response gave, or the
   * `position` of an event or `offset` of a {@link StreamResponse}.
   */
  offset?: Offset | undefined;
  /**
   * How to go on at the tail: `false` ends there; "long-poll" and "sse" follow by that way; "auto"
   * (default) by SSE for JSON and by long-poll for everything else. Where SSE turns out not to work
   * (a proxy holds it back or cuts it), long-poll takes over.
   */
  live?: Live | undefined;
  /**
   * `false`: the first request is a live one already, also when there is much to catch up with. By
   * default plain GETs, which caches can serve, come first.
   */
  catchUp?: boolean | undefined;
  /** Checks, and may change, every item of a JSON stream (https://standardschema.dev). */
  schema?: StandardSchemaV1<unknown, T> | undefined;
  /**
   * The ETag of an earlier read from the same offset: if the data is still the same, the server
   * sends none of it and `notModified` is true. Needs `live: false`.
   */
  etag?: string | undefined;
  /** The longest silence on a live request before it is made anew, in milliseconds (90,000). */
  liveTimeoutMs?: number | undefined;
  /** The longest wait for SSE's first event before long-poll takes over, in milliseconds (5,000). */
  sseFirstEventMs?: number | undefined;
  /** Browsers: hold no live connection while the page is hidden (`false`). */
  pauseWhenHidden?: boolean | undefined;
}

/**
 * Reads a stream. Resolves with the first answer's headers, so a stream that is not there rejects
 * here; rejects with a {@link DurableStreamError} or with the signal's reason.
 *
 * @example
 * ```ts
 * import { stream } from "@freshet/durable-streams-client";
 *
 * declare function show(message: unknown): void;
 * let saved: string | undefined = localStorage["position"];
 * const res = await stream("https://streams.example.com/chat", { offset: saved ?? "-1" });
 * for await (const event of res.iterEvents({ mode: "json" })) {
 *   show(event.data);
 *   localStorage["position"] = event.position; // a reload goes on exactly after this item
 * }
 * ```
 */
export async function stream<T = unknown>(
  url: string | URL,
  options: StreamOptions<T> = {},
): Promise<StreamResponse<T>> {
  return openStream(new Endpoint(url, options), options, undefined);
}

const lives = new Set<unknown>([false, "auto", "long-poll", "sse"]);

/** Reads from an endpoint; `contentType` is what its owner knows already. */
export async function openStream<T>(
  endpoint: Endpoint,
  options: StreamOptions<T>,
  contentType: string | undefined,
): Promise<StreamResponse<T>> {
  const position = parsePosition(options.offset ?? "-1");
  const live = options.live ?? "auto";
  if (!lives.has(live)) {
    throw new InvalidOptionError(
      `live ${JSON.stringify(live)} is not a mode: it is false, "auto", "long-poll" or "sse".`,
    );
  }
  if (options.etag !== undefined && live !== false) {
    throw new InvalidOptionError("etag needs live: false: a 304 does not say where to go on.");
  }
  const reader = new StreamReader(endpoint, {
    position,
    live,
    catchUp: options.catchUp ?? true,
    etag: options.etag,
    liveTimeoutMs: checkWait("liveTimeoutMs", options.liveTimeoutMs ?? 90_000, 1),
    sseFirstEventMs: checkWait("sseFirstEventMs", options.sseFirstEventMs ?? 5_000, 1),
    pauseWhenHidden: options.pauseWhenHidden ?? false,
    contentType,
  });
  try {
    await reader.connect();
  } catch (error) {
    reader.close();
    throw error;
  }
  const start = { ...position, offset: reader.startOffset };
  return new StreamResponse<T>(reader, start, options.schema);
}
