import {
  aBoolean,
  aFunction,
  checkOptions,
  nonEmptyString,
  oneOf,
  type OptionRule,
  type OptionRules,
  timeLimit,
} from "@freshet/core";
import { InvalidOptionError, invalidOption } from "../errors.ts";
import { Endpoint } from "../http/endpoint.ts";
import { parsePosition } from "../protocol/offset.ts";
import type { StreamOptions } from "./stream-options.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamResponse } from "./stream-response.ts";

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
