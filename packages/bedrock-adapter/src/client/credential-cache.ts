import { BedrockError } from "../bedrock-error.ts";
import type { AwsCredentials } from "./aws-credentials.ts";

/** Credentials are renewed when they have less than this left. */
const renewalMarginMs = 5 * 60_000;

/**
 * Credentials from a function: one call at a time, and none while those in hand have more than five
 * minutes left. Without an `expiration` nobody knows how long they last, so that every request asks.
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
      // A failed early renewal costs nothing as long as the old ones are good.
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
    this.#credentials = credentials;
    if (credentials.expiration && this.#leftMs() <= 0) {
      throw new BedrockError(
        "CREDENTIALS",
        `The credentials function gave credentials that expired at ${credentials.expiration.toISOString()}.`,
      );
    }
    return credentials;
  }
}
