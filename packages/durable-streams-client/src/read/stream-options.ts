import type { StandardSchemaV1 } from "@freshet/core";
import type { EndpointOptions } from "../http/endpoint-options.ts";
import type { Offset } from "../protocol/offset.ts";
import type { Live } from "./live-mode.ts";
import type { StatusListener } from "./stream-status.ts";

/** Options of `stream`. */
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
