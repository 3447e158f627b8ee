// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#521-idempotent-producers
import type { AbortSignalLike } from "@freshet/core";
import { platformResends } from "#transport";
import {
  FetchError,
  ProtocolError,
  SequenceGapError,
  StaleEpochError,
  withFacts,
} from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { header, isTrue, writeHeader } from "../protocol/headers.ts";
import type { Encoded } from "./encode.ts";
import { random32 } from "./random.ts";
import { sendWrite, type WriteResponse } from "./send-write.ts";

/** A batch number that no server accepts after the few that it can have. */
const impossibleSeq = 1_000_000_000;

/** The most claims in a row without a stored batch; two sessions that claim would never end. */
const maxClaims = 5;

export interface SessionOptions {
  /** The lowest epoch with `autoClaim`; otherwise the epoch. */
  readonly epoch: number;
  readonly autoClaim: boolean;
  /** No other session has this id. */
  readonly isUniqueId: boolean;
  /** The batches may be those of an earlier session under this epoch. */
  readonly replay: boolean;
  /** Ends everything that is in flight. */
  readonly signal: AbortSignalLike;
}

/**
 * An epoch from `lowest` on that no other session has: two that claim at the same time differ, so the
 * lower is fenced off and no 204 is for the other's batch.
 */
function claimed(lowest: number): number {
  return lowest + random32();
}

/** Whether the server rejected a batch number: some do so with a 400 where they know no producer. */
function isRejection(error: unknown): boolean {
  return (
    error instanceof SequenceGapError ||
    (error instanceof FetchError && error.code === "HTTP_ERROR" && error.status === 400)
  );
}

function isFenced(error: unknown): error is StaleEpochError {
  return error instanceof StaleEpochError && error.status === 403;
}

/** Sends a producer's batches one at a time, each with its sequence number, and claims epochs. */
export class ProducerSession {
  readonly #endpoint: Endpoint;
  readonly #producerId: string;
  readonly #options: SessionOptions;
  epoch: number;
  #seq: number = 0;
  #claims: number = 0;
  /** The epoch is above all that the server knew when the session began. */
  #isAboveAll: boolean;

  constructor(endpoint: Endpoint, producerId: string, options: SessionOptions) {
    this.#endpoint = endpoint;
    this.#producerId = producerId;
    this.#options = options;
    this.epoch = options.autoClaim ? claimed(options.epoch) : options.epoch;
    this.#isAboveAll = !options.autoClaim || options.isUniqueId;
  }

  /** How often a batch is retried: without limit, unless the caller set one. */
  get maxRetries(): number {
    return this.#endpoint.hasRetryLimit ? this.#endpoint.retry.maxRetries : Infinity;
  }

  /** Sends one batch until the server has it, under a new epoch if that is needed and allowed. */
  async post(
    body: Encoded | undefined,
    contentType: string | undefined,
    closes: boolean,
  ): Promise<WriteResponse> {
    if (platformResends && body !== undefined && !this.#isAboveAll) {
      await this.#learnEpoch(body, contentType);
    }
    for (;;) {
      try {
        const response = await this.#postOnce(body, contentType, closes, this.epoch, this.#seq);
        this.#checkFresh(response, body === undefined);
        this.#seq++;
        this.#claims = 0;
        return response;
      } catch (error) {
        this.#claim(error);
      }
    }
  }

  /**
   * Finds out which epoch the server knows, without storing anything: it rejects a batch number that
   * cannot be next. Where the platform resends, a 403 to the first batch could not be told from one to its
   * unnoticed second attempt, whose first is stored.
   */
  async #learnEpoch(body: Encoded, contentType: string | undefined): Promise<void> {
    try {
      await this.#postOnce(body, contentType, false, 0, impossibleSeq);
    } catch (error) {
      if (error instanceof StaleEpochError && error.currentEpoch !== undefined) {
        this.epoch = claimed(Math.max(error.currentEpoch + 1, this.#options.epoch));
      } else if (isRejection(error)) this.epoch = claimed(Math.max(1, this.#options.epoch));
      else throw error;
      this.#isAboveAll = true;
      return;
    }
    const url = this.#endpoint.shownUrl;
    throw new ProtocolError(
      `POST ${url}: the server accepted batch ${impossibleSeq} as the first of a producer, so it does not keep producers exactly once.`,
      { url, maybeStored: true },
    );
  }

  #postOnce(
    body: Encoded | undefined,
    contentType: string | undefined,
    closes: boolean,
    epoch: number,
    seq: number,
  ): Promise<WriteResponse> {
    const headers: Record<string, string> = {
      [writeHeader.producerId]: this.#producerId,
      [writeHeader.producerEpoch]: String(epoch),
      [writeHeader.producerSeq]: String(seq),
    };
    if (body !== undefined) headers["content-type"] = contentType ?? "";
    if (closes) headers[header.closed] = "true";
    return sendWrite(this.#endpoint, {
      method: "POST",
      headers,
      body,
      signal: this.#options.signal,
      isRepeatable: true,
      maxRetries: this.maxRetries,
      expects: [writeHeader.producerSeq, writeHeader.producerEpoch, header.nextOffset],
    });
  }

  /**
   * Checks that a batch which the server reports as a duplicate is this one. The response has the
   * highest sequence number of the producer. A higher one than ours belongs to an earlier session with
   * the same epoch, whose batch is in the stream instead of ours. Our own number means that the batch
   * was sent twice, by us or unnoticed by a browser or proxy. But the first batch of a session whose
   * epoch the caller chose has no predecessor, so there our number may also be an earlier session's.
   */
  #checkFresh(response: WriteResponse, isEmpty: boolean): void {
    const { autoClaim, replay } = this.#options;
    if (response.status !== 204 || replay) return;
    const highest = response.header(writeHeader.producerSeq);
    const isOurs = highest === String(this.#seq);
    const { afterUnknown } = response;
    // The first close without data is a 204 too; the first one with data is not.
    const isBareClose = isEmpty && isTrue(response.header(header.closed));
    const isOwnEpoch = autoClaim || this.#seq > 0;
    if (isOurs && (afterUnknown || isOwnEpoch || isBareClose)) return;
    if (highest === undefined && (afterUnknown || autoClaim)) return;
    throw this.#usedBefore(response.status, isOurs, afterUnknown);
  }

  #usedBefore(status: number, isOurs: boolean, afterUnknown: boolean): StaleEpochError {
    const what = isOurs
      ? `The server already had batch ${this.#seq} of epoch ${this.epoch} of producer ${this.#producerId}. Either an earlier session used this epoch, and the data was dropped as a duplicate; or a browser or proxy sent the request twice, and the data is stored. Read the stream to find out, and`
      : `Epoch ${this.epoch} of producer ${this.#producerId} was used before, so the server dropped the data as a duplicate:`;
    return new StaleEpochError(
      `${what} start with a higher epoch, or with autoClaim, which uses no epoch twice.`,
      {
        url: this.#endpoint.shownUrl,
        status,
        currentEpoch: this.epoch,
        maybeStored: afterUnknown || isOurs,
      },
    );
  }

  /** Claims an epoch if that resolves the error and cannot store anything twice. */
  #claim(error: unknown): void {
    if (platformResends && this.#isAboveAll && isFenced(error)) {
      // Another session claimed a higher epoch since, perhaps after this batch was stored.
      throw withFacts(error, { maybeStored: true });
    }
    const isStale = error instanceof StaleEpochError && error.currentEpoch !== undefined;
    // The server has dropped the state of this producer (PROTOCOL.md, state clean-up).
    const isForgotten = error instanceof SequenceGapError && error.expectedSeq === 0;
    const { autoClaim } = this.#options;
    const mayClaim = autoClaim && this.#claims < maxClaims && (isStale || isForgotten);
    if (!mayClaim || error.maybeStored) throw error;
    const epoch = claimed((isStale ? error.currentEpoch : this.epoch) + 1);
    // A session of another kind has used up the epochs.
    if (!Number.isSafeInteger(epoch)) throw error;
    this.#claims++;
    this.epoch = epoch;
    this.#seq = 0;
  }
}
