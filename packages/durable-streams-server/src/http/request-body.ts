import { concatBytes } from "@freshet/core";
import { HttpError } from "./http-error.ts";

export function bodyTooLarge(maxBytes: number): HttpError {
  return new HttpError(
    413,
    `The body is larger than ${maxBytes} bytes, the most that this server accepts (limits.bodyBytes): send it in parts.`,
  );
}

export function bodyCutShort(): HttpError {
  return new HttpError(400, "The body ended before it was complete. Nothing was stored.");
}

/** Joins the chunks of a request body, and refuses it as soon as it is too long. */
export class RequestBody {
  readonly #chunks: Uint8Array[] = [];
  readonly #maxBytes: number;
  readonly #onBytes: ((bytes: number) => void) | undefined;
  #length = 0;

  /**
   * @param declaredLength - the Content-Length header
   * @param onBytes - see {@link ExchangeRequest.body}
   */
  constructor(
    maxBytes: number,
    declaredLength: string | undefined,
    onBytes?: (bytes: number) => void,
  ) {
    this.#maxBytes = maxBytes;
    const declared = declaredLength === undefined ? NaN : Number(declaredLength);
    if (declared > maxBytes) throw bodyTooLarge(maxBytes);
    if (!Number.isNaN(declared)) onBytes?.(declared);
    else this.#onBytes = onBytes;
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.byteLength;
    if (this.#length > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    this.#onBytes?.(chunk.byteLength);
    this.#chunks.push(chunk);
  }

  end(): Uint8Array {
    return concatBytes(this.#chunks);
  }
}
