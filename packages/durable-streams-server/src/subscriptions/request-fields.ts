import { MAX_PATH_LENGTH } from "../store/key-limits.ts";
import { deepWildcards, MAX_DEEP_WILDCARDS } from "./glob.ts";
import { SubscriptionError } from "./subscription-error.ts";
import type { SubscriptionConfig } from "./subscription-state.ts";

const DEFAULT_LEASE_TTL_MS = 30_000;
const MIN_LEASE_TTL_MS = 1000;
const MAX_LEASE_TTL_MS = 600_000;
/** The longest URL, description or name, in characters. */
const MAX_TEXT_LENGTH = 4096;

type Fields = Readonly<Record<string, unknown>>;

function invalid(message: string): SubscriptionError {
  return new SubscriptionError("INVALID_REQUEST", message);
}

/** Parses a body as an object; an empty body is `{}`. */
export function parseBody(body: Uint8Array): Fields {
  if (body.byteLength === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw invalid("The body is not valid JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid("The body must be a JSON object.");
}

/** A stream path or pattern as it appears in URLs: percent-encoded, without slashes around it. */
export function streamPathOf(text: string): string {
  // Encoding only makes a path longer.
  if (text.length > MAX_PATH_LENGTH + 2) throw wrongLength();
  const url = `http://localhost/${withoutSlashes(text).replaceAll("?", "%3F").replaceAll("#", "%23")}`;
  const path = new URL(url).pathname.slice(1);
  if (path !== "" && path.length <= MAX_PATH_LENGTH) return path;
  throw wrongLength();
}

function wrongLength(): SubscriptionError {
  return invalid(`A stream path must have from 1 to ${MAX_PATH_LENGTH} bytes.`);
}

function withoutSlashes(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === "/") start++;
  while (end > start && text[end - 1] === "/") end--;
  return text.slice(start, end);
}

function patternOf(text: string): string {
  const pattern = streamPathOf(text);
  if (deepWildcards(pattern) <= MAX_DEEP_WILDCARDS) return pattern;
  throw invalid(`pattern must have at most ${MAX_DEEP_WILDCARDS} segments "**".`);
}

export function streamPaths(value: unknown): string[] {
  const isPaths = (items: unknown): items is string[] =>
    Array.isArray(items) && items.every((item) => typeof item === "string" && item !== "");
  if (!isPaths(value)) throw invalid("streams must be an array of stream paths.");
  return value.map(streamPathOf);
}

export function parseConfig(fields: Fields): SubscriptionConfig {
  const { type } = fields;
  if (type !== "webhook" && type !== "pull-wake") {
    throw invalid('type must be "webhook" or "pull-wake".');
  }
  if (fields["filter"] !== undefined) throw invalid("filter is not supported by this server.");
  const pattern = optionalText(fields, "pattern");
  const streams = fields["streams"] === undefined ? [] : streamPaths(fields["streams"]);
  if (pattern === undefined && streams.length === 0) {
    throw invalid("pattern or streams is missing: send one of them, or both.");
  }
  const wakeStream = optionalText(fields, "wake_stream");
  if (type === "pull-wake" && wakeStream === undefined) {
    throw invalid("A pull-wake subscription needs wake_stream.");
  }
  return {
    type,
    pattern: pattern === undefined ? undefined : patternOf(pattern),
    streams: [...new Set(streams)].sort(),
    webhookUrl: type === "webhook" ? webhookUrl(fields["webhook"]) : undefined,
    wakeStream: wakeStream === undefined ? undefined : streamPathOf(wakeStream),
    leaseTtlMs: leaseTtl(fields["lease_ttl_ms"]),
    description: optionalText(fields, "description"),
    from: startOf(fields["from"]),
    ignoreProducer: optionalText(fields, "ignore_producer"),
  };
}

function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string" && value.length <= MAX_TEXT_LENGTH) return value;
  throw invalid(`${name} must be a string of at most ${MAX_TEXT_LENGTH} characters.`);
}

function startOf(value: unknown): "start" | undefined {
  if (value === "start") return value;
  if (value === undefined || value === null || value === "now") return undefined;
  throw invalid('from must be "start" or "now".');
}

function webhookUrl(webhook: unknown): string {
  const url = (webhook as { url?: unknown } | null | undefined)?.url;
  if (typeof url === "string" && url !== "" && url.length <= MAX_TEXT_LENGTH) return url;
  throw invalid(
    `A webhook subscription needs webhook.url, of at most ${MAX_TEXT_LENGTH} characters.`,
  );
}

function leaseTtl(value: unknown = DEFAULT_LEASE_TTL_MS): number {
  const isValid =
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= MIN_LEASE_TTL_MS &&
    value <= MAX_LEASE_TTL_MS;
  if (isValid) return value;
  throw invalid(`lease_ttl_ms must be an integer from ${MIN_LEASE_TTL_MS} to ${MAX_LEASE_TTL_MS}.`);
}

/** The report of a worker about its wake. */
export interface WakeReport {
  readonly wakeId: unknown;
  readonly generation: unknown;
  readonly acks: readonly { readonly stream: string; readonly offset: string }[];
  readonly done: boolean;
}

export function parseReport(fields: Fields): WakeReport {
  const acks = fields["acks"] ?? [];
  if (!Array.isArray(acks)) throw invalid("acks must be an array.");
  return {
    wakeId: fields["wake_id"],
    generation: fields["generation"],
    acks: acks.map(parseAck),
    done: fields["done"] === true,
  };
}

function parseAck(value: unknown): { stream: string; offset: string } {
  const { stream, path, offset } = (value ?? {}) as Fields;
  const name = stream ?? path;
  if (typeof name !== "string" || typeof offset !== "string") {
    throw invalid("Each ack must have a stream and an offset.");
  }
  return { stream: streamPathOf(name), offset };
}
