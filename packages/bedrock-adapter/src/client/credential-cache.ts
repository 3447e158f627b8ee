import { BedrockError } from "../bedrock-error.ts";
import type { AwsCredentials } from "./aws-credentials.ts";

/** How long before they expire credentials are renewed. */
const renewalMarginMs = 5 * 60_000;

/**
 * Caches the credentials of a function, which is called again five minutes before they expire, one call
 * at a time. Without an `expiration` it is called for every request.
 */
export class CredentialCache {
  readonly #provider: () => AwsCredentials | Promise<AwsCredentials>;
  readonly #now: () => number;
  #credentials: AwsCredentials | undefined;
  #pending: Promise<AwsCredentials> | undefined;

  constructor(
    provider: () => AwsCredentials | Promise<AwsCredentials>,
    now: () => number = Date.now,
  ) {
    this.#provider = provider;
    this.#now = now;
  }

  /** @throws BedrockError CREDENTIALS if there are none, or only expired ones */
  async get(): Promise<AwsCredentials> {
    const left = this.#leftMs();
    if (this.#credentials && left > renewalMarginMs) return this.#credentials;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    try {
      return await this.#pending;
    } catch (error) {
      // An early renewal may fail as long as the old ones are valid.
      if (this.#credentials && left > 0) return this.#credentials;
      throw error;
    }
  }

  #leftMs(): number {
    const expiration = this.#credentials?.expiration;
    return expiration ? expiration.getTime() - this.#now() : 0;
  }

  async #renew(): Promise<AwsCredentials> {
    let credentials: AwsCredentials;
    try {
      credentials = await this.#provider();
    } catch (cause) {
      if (cause instanceof BedrockError) throw cause;
      throw new BedrockError(
        "CREDENTIALS",
        `The credentials function failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    const { accessKeyId, secretAccessKey } = credentials as Partial<AwsCredentials>;
    if (!accessKeyId || !secretAccessKey) {
      throw new BedrockError(
        "CREDENTIALS",
        "The credentials function returned no accessKeyId or no secretAccessKey.",
      );
    }
    this.#credentials = credentials;
    if (credentials.expiration && this.#leftMs() <= 0) {
      throw new BedrockError(
        "CREDENTIALS",
        `The credentials function returned credentials that expired at ${credentials.expiration.toISOString()}.`,
      );
    }
    return credentials;
  }
}
