import {
  aBoolean,
  aFunction,
  checkOptions,
  nonEmptyString,
  oneOf,
  type OptionRule,
  type OptionRules,
  type StandardSchemaV1,
  timeLimit,
} from "@freshet/core";
import { InvalidOptionError, invalidOption } from "../errors.ts";
import type { EndpointOptions } from "../http/endpoint-options.ts";
import { Endpoint } from "../http/endpoint.ts";
import { type Offset, parsePosition } from "../protocol/offset.ts";
import type { Live } from "./live-mode.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamResponse } from "./stream-response.ts";
import type { StatusListener } from "./stream-status.ts";

/** Options of {@link stream}. */
export interface StreamOptions<T = unknown> extends EndpointOptions {
  /**
   * Where to begin: `"-1"` the start (default), `"now"` the tail, a server's offset, or the `position`
   * of an event or `offset` of a {@link StreamResponse}.
   */
  offset?: Offset | undefined;
  /**
   * How to continue at the tail. `false` ends there; "long-poll" and "sse" follow the stream that way;
   * "auto" (default; `true` means the same) uses SSE for JSON and long-poll for everything else. Where SSE does not work (a
   * proxy holds it back or cuts it), long-poll takes over.
   */
  live?: Live | undefined;
  /**
   * `false`: the first request is already a live one. By default the reader first catches up by plain
   * GETs, which caches can serve.
   */
  catchUp?: boolean | undefined;
  /** Checks, and may change, every item of a JSON stream (https://standardschema.dev). */
  schema?: StandardSchemaV1<unknown, T> | undefined;
  /**
   * The ETag of an earlier read from the same offset. If the data is unchanged, the server sends none
   * and `notModified` is true. Needs `live: false`.
   */
  etag?: string | undefined;
  /** The longest silence on a live request before it is repeated, in milliseconds (90,000). */
  liveTimeoutMs?: number | undefined;
  /** The longest wait for SSE's first event before long-poll takes over, in milliseconds (5,000). */
  sseFirstEventMs?: number | undefined;
  /** Browsers: hold no live connection while the page is hidden (`false`). */
  pauseWhenHidden?: boolean | undefined;
  /**
   * Called with each change of the state (connecting, live) and with each retry and its error, so that
   * a page can show an outage that a live session outlasts.
   */
  onStatus?: StatusListener | undefined;
  /**
   * What to do with a page whose JSON array has no end although the HTTP response is whole: "retry"
   * (default) requests the rest again, since some ways to cut a response look like its end; "error" is a
   * {@link ParseError}.
   */
  onCut?: "retry" | "error" | undefined;
}

/**
 * Reads a stream. Resolves when the headers of the first response arrive, so a stream that does not
 * exist rejects here. Rejects with a {@link DurableStreamError} or with the signal's reason.
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
 *   localStorage["position"] = event.position; // a reload continues exactly after this item
 * }
 * ```
 */
export async function stream<T = unknown>(
  url: string | URL,
  options: StreamOptions<T> = {},
): Promise<StreamResponse<T>> {
  return openStream(new Endpoint(url, options), options, undefined);
}

const aSchema: OptionRule = {
  expected: "a Standard Schema (https://standardschema.dev)",
  accepts: (value) =>
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    "~standard" in value,
};

const rules: OptionRules<StreamOptions> = {
  offset: nonEmptyString,
  live: oneOf(false, true, "auto", "long-poll", "sse"),
  catchUp: aBoolean,
  schema: aSchema,
  etag: nonEmptyString,
  liveTimeoutMs: timeLimit,
  sseFirstEventMs: timeLimit,
  pauseWhenHidden: aBoolean,
  onStatus: aFunction,
  onCut: oneOf("retry", "error"),
};

/** Reads from an endpoint; `contentType` is the stream's, if the caller knows it. */
export async function openStream<T>(
  endpoint: Endpoint,
  options: StreamOptions<T>,
  contentType: string | undefined,
): Promise<StreamResponse<T>> {
  checkOptions(options as StreamOptions, rules, invalidOption);
  const position = parsePosition(options.offset ?? "-1");
  const live = options.live ?? "auto";
  if (options.etag !== undefined && live !== false) {
    throw new InvalidOptionError(
      "etag needs live: false: a 304 does not state where a live read would continue.",
    );
  }
  const reader = new StreamReader(endpoint, {
    position,
    live,
    catchUp: options.catchUp ?? true,
    etag: options.etag,
    liveTimeoutMs: options.liveTimeoutMs ?? 90_000,
    sseFirstEventMs: options.sseFirstEventMs ?? 5_000,
    pauseWhenHidden: options.pauseWhenHidden ?? false,
    contentType,
    onStatus: options.onStatus,
  });
  try {
    await reader.connect();
  } catch (error) {
    reader.close();
    throw error;
  }
  const start = { ...position, offset: reader.startOffset };
  return new StreamResponse<T>(reader, start, options);
}
