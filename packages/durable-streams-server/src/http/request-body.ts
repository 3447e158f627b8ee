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
  #length = 0;

  /** @param declaredLength - the Content-Length header */
  constructor(maxBytes: number, declaredLength: string | undefined) {
    this.#maxBytes = maxBytes;
    if (declaredLength !== undefined && Number(declaredLength) > maxBytes) {
      throw bodyTooLarge(maxBytes);
    }
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.byteLength;
    if (this.#length > this.#maxBytes) throw bodyTooLarge(this.#maxBytes);
    this.#chunks.push(chunk);
  }

  end(): Uint8Array {
    return concatBytes(this.#chunks);
  }
}
