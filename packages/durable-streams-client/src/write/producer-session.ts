// https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md#521-idempotent-producers
import { platformResends } from "#transport";
import type { Encoded } from "./encode.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { SequenceGapError, StaleEpochError } from "../errors.ts";
import { header, isTrue } from "../protocol/headers.ts";
import { sendWrite, type WriteAnswer } from "./send-write.ts";

/** Claims in a row without a stored batch: two sessions that both claim would never end. */
const maxClaims = 5;

/** Sends a producer's batches, one at a time, each with its number, under an epoch it may raise. */
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

  /** Without end, unless the caller said how often. */
  get maxRetries(): number {
    return this.#endpoint.hasRetryLimit ? this.#endpoint.backoff.maxRetries : Infinity;
  }

  /** Sends one batch until the server has it, under a new epoch if need be and allowed. */
  async post(
    body: Encoded | undefined,
    contentType: string | undefined,
    closes: boolean,
  ): Promise<WriteAnswer> {
    for (;;) {
      try {
        const answer = await this.#postOnce(body, contentType, closes);
        this.#checkFresh(answer, body === undefined);
        this.#seq++;
        this.#claims = 0;
        return answer;
      } catch (error) {
        this.#claim(error);
      }
    }
  }

  #postOnce(
    body: Encoded | undefined,
    contentType: string | undefined,
    closes: boolean,
  ): Promise<WriteAnswer> {
    const headers: Record<string, string> = {
      [header.producerId]: this.#producerId,
      [header.producerEpoch]: String(this.epoch),
      [header.producerSeq]: String(this.#seq),
    };
    if (body !== undefined) headers["content-type"] = contentType ?? "";
    if (closes) headers[header.closed] = "true";
    return sendWrite(this.#endpoint, {
      method: "POST",
      headers,
      body,
      isRepeatable: true,
      maxRetries: this.maxRetries,
      expects: [header.producerSeq, header.producerEpoch, header.nextOffset],
    });
  }

  /**
   * Finds out whether a batch that the server says it has is this one. The server names the last
   * number it took: a later one than this belongs to an earlier session with the same epoch, whose
   * batch is in the stream instead of ours. The same one is ours, sent twice by us or, without our
   * knowing, by a browser or proxy; but a session's first batch has nothing before it to tell by.
   */
  #checkFresh(answer: WriteAnswer, isEmpty: boolean): void {
    if (answer.status !== 204) return;
    const highest = answer.header(header.producerSeq);
    const isOurs = highest === String(this.#seq);
    const { afterUnknown } = answer;
    // A fresh close without data is a 204 too, and a fresh one with data is not.
    const isBareClose = isEmpty && isTrue(answer.header(header.closed));
    if (isOurs && (afterUnknown || this.#seq > 0 || isBareClose)) return;
    if (afterUnknown && highest === undefined) return;
    const error = new StaleEpochError(
      `Epoch ${this.epoch} of producer ${this.#producerId} was used before, so the server dropped the data as a repetition: start with a higher epoch, or with autoClaim.`,
      { url: this.#endpoint.url.href, status: answer.status },
    );
    error.currentEpoch = this.epoch;
    error.maybeStored = afterUnknown || (isOurs && platformResends);
    throw error;
  }

  /** Takes the next epoch, if the error is one that it mends and nothing can be stored twice by it. */
  #claim(error: unknown): void {
    const isStale = error instanceof StaleEpochError && error.currentEpoch !== undefined;
    // The server has forgotten this producer (PROTOCOL.md: state clean-up).
    const isForgotten = error instanceof SequenceGapError && error.expectedSeq === 0;
    const mayClaim = this.#autoClaim && this.#claims < maxClaims && (isStale || isForgotten);
    if (!mayClaim || error.maybeStored) throw error;
    this.#claims++;
    this.epoch = (isStale ? (error.currentEpoch ?? this.epoch) : this.epoch) + 1;
    this.#seq = 0;
  }
}
