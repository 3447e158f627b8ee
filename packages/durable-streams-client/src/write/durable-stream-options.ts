import { aBoolean, nonEmptyString, oneOf, type OptionRules, wholeNumber } from "@freshet/core";
import type { EndpointOptions } from "../http/endpoint-options.ts";
import type { CreationOptions } from "./creation.ts";

/** Options of a {@link DurableStream}. */
export interface DurableStreamOptions extends EndpointOptions {
  url: string | URL;
  /** The stream's content type, if it is known. Otherwise the first write sends a HEAD request first. */
  contentType?: string | undefined;
  /** `false`: every append is its own request. */
  batching?: boolean | undefined;
  /** The largest body of several appends, in bytes (1 MiB). A single value may be larger. */
  maxBatchBytes?: number | undefined;
  /**
   * Whether an append without `seq` is retried when it may already be stored (after a dropped
   * connection, a 5xx). "when-safe" (default) rejects with `maybeStored: true`. "always" sends it
   * again, so it is stored at least once and perhaps twice. {@link IdempotentProducer} stores exactly
   * once.
   */
  retryAppends?: "when-safe" | "always" | undefined;
}

/** The rules of the options that are not those of every endpoint. */
export const handleRules: OptionRules<DurableStreamOptions> = {
  contentType: nonEmptyString,
  batching: aBoolean,
  maxBatchBytes: wholeNumber(1),
  retryAppends: oneOf("when-safe", "always"),
};

/** Options of {@link DurableStream.create}. */
export interface CreateOptions extends DurableStreamOptions, CreationOptions {}

/** The result of a close. */
export interface CloseResult {
  /** The stream's last offset. */
  finalOffset: string;
}
