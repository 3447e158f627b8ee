import type { CreationOptions } from "./creation.ts";
import type { EndpointOptions } from "../http/endpoint-options.ts";

/** Options of a {@link DurableStream}. */
export interface DurableStreamOptions extends EndpointOptions {
  url: string | URL;
  /** The stream's content type, if it is known; else the first write asks for it with a HEAD. */
  contentType?: string | undefined;
  /** `false`: every append is a request of its own. */
  batching?: boolean | undefined;
  /** The largest body that appends are put together to, in bytes (1 MiB). One value may be larger. */
  maxBatchBytes?: number | undefined;
  /**
   * What to do when it is unknown whether an append without `seq` was stored (a dropped connection, a
   * 5xx). "when-safe" (default): reject, with `maybeStored: true`. "always": send it again, so that
   * it is stored at least once and perhaps twice. {@link IdempotentProducer} stores exactly once.
   */
  retryAppends?: "when-safe" | "always" | undefined;
}

/** Options of {@link DurableStream.create}. */
export interface CreateOptions extends DurableStreamOptions, CreationOptions {}

/** What came of a close. */
export interface CloseResult {
  /** The stream's last offset. */
  finalOffset: string;
}
