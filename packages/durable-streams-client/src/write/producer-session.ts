// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#521-idempotent-producers
import { platformResends } from "#transport";
import { SequenceGapError, StaleEpochError } from "../errors.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { header, isTrue, writeHeader } from "../protocol/headers.ts";
import type { Encoded } from "./encode.ts";
import { sendWrite, type WriteResponse } from "./send-write.ts";

/** The most claims in a row without a stored batch; two sessions that claim would never end. */
const maxClaims = 5;

/** Sends a producer's batches one at a time, each with its sequence number, and claims epochs. */
export class ProducerSession {
  readonly #endpoint: Endpoint;
  readonly #producerId: string;
  readonly #autoClaim: boolean;
  epoch: number;
  #seq: number = 0;
  #claims: number = 0;

  constructor(endpoint: Endpoint, producerId: string, epoch: number, autoClaim: boolean) {
    this.#endpoint = endpoint;
    this.#producerId = producerId;
    this.epoch = epoch;
    this.#autoClaim = autoClaim;
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
    for (;;) {
      try {
        const response = await this.#postOnce(body, contentType, closes);
        this.#checkFresh(response, body === undefined);
        this.#seq++;
        this.#claims = 0;
        return response;
      } catch (error) {
        this.#claim(error);
      }
    }
  }

  #postOnce(
    body: Encoded | undefined,
    contentType: string | undefined,
    closes: boolean,
  ): Promise<WriteResponse> {
    const headers: Record<string, string> = {
      [writeHeader.producerId]: this.#producerId,
      [writeHeader.producerEpoch]: String(this.epoch),
      [writeHeader.producerSeq]: String(this.#seq),
    };
    if (body !== undefined) headers["content-type"] = contentType ?? "";
    if (closes) headers[header.closed] = "true";
    return sendWrite(this.#endpoint, {
      method: "POST",
      headers,
      body,
      isRepeatable: true,
      maxRetries: this.maxRetries,
      expects: [writeHeader.producerSeq, writeHeader.producerEpoch, header.nextOffset],
    });
  }

  /**
   * Checks that a batch which the server reports as a duplicate is this one. The response has the
   * highest sequence number of the producer. A higher one than ours belongs to an earlier session with
   * the same epoch, whose batch is in the stream instead of ours. Our own number means that the batch
   * was sent twice, by us or unnoticed by a browser or proxy. But the first batch of a session has no
   * predecessor, so there our number may also be that of an earlier session.
   */
  #checkFresh(response: WriteResponse, isEmpty: boolean): void {
    if (response.status !== 204) return;
    const highest = response.header(writeHeader.producerSeq);
    const isOurs = highest === String(this.#seq);
    const { afterUnknown } = response;
    // The first close without data is a 204 too; the first one with data is not.
    const isBareClose = isEmpty && isTrue(response.header(header.closed));
    if (isOurs && (afterUnknown || this.#seq > 0 || isBareClose)) return;
    if (afterUnknown && highest === undefined) return;
    throw new StaleEpochError(
      `Epoch ${this.epoch} of producer ${this.#producerId} was used before, so the server dropped the data as a duplicate: start with a higher epoch, or with autoClaim.`,
      {
        url: this.#endpoint.url.href,
        status: response.status,
        currentEpoch: this.epoch,
        maybeStored: afterUnknown || (isOurs && platformResends),
      },
    );
  }

  /** Claims the next epoch if that resolves the error and cannot store anything twice. */
  #claim(error: unknown): void {
    const isStale = error instanceof StaleEpochError && error.currentEpoch !== undefined;
    // The server has dropped the state of this producer (PROTOCOL.md, state clean-up).
    const isForgotten = error instanceof SequenceGapError && error.expectedSeq === 0;
    const mayClaim = this.#autoClaim && this.#claims < maxClaims && (isStale || isForgotten);
    if (!mayClaim || error.maybeStored) throw error;
    this.#claims++;
    this.epoch = (isStale ? error.currentEpoch : this.epoch) + 1;
    this.#seq = 0;
  }
}
