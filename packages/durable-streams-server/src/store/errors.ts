import { FreshetError } from "@freshet/core";

/**
 * Why the server or a store failed on purpose.
 *
 * - `STORE_FULL`: the disk or the map has no room left; nothing of the operation was kept (HTTP 507)
 * - `STORE_UNAVAILABLE`: the store could not be reached or the outcome is unknown; a producer that
 *   repeats the request learns whether it was stored (HTTP 503)
 * - `STORE_CLOSED`: the store was closed before or during the operation (HTTP 503)
 * - `STORE_VERSION`: the data was written by a newer version of this package, or migrated by one while
 *   this process ran; nothing was stored (HTTP 503)
 * - `INVALID_OPTION`: an option of {@link createDurableStreams} or of a store is not valid
 * - `PEER_MISSING`: the optional peer (lmdb, postgres) of an entry is not installed
 */
export type DurableStreamsServerErrorCode =
  | "STORE_FULL"
  | "STORE_UNAVAILABLE"
  | "STORE_CLOSED"
  | "STORE_VERSION"
  | "INVALID_OPTION"
  | "PEER_MISSING";

/**
 * Every error that this package throws on purpose. `retryable` for a store that is full or unavailable
 * now.
 */
export class DurableStreamsServerError extends FreshetError<DurableStreamsServerErrorCode> {
  override readonly name: string = "DurableStreamsServerError";

  constructor(
    code: DurableStreamsServerErrorCode,
    message: string,
    { cause }: { cause?: unknown } = {},
  ) {
    const retryable = code === "STORE_FULL" || code === "STORE_UNAVAILABLE";
    super(code, message, { cause, retryable });
  }
}
