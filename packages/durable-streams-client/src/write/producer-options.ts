import {
  aBoolean,
  aFunction,
  numberBetween,
  type OptionRules,
  wholeNumber,
  wholeNumberOrInfinity,
} from "@freshet/core";

/** Options of {@link IdempotentProducer}. */
export interface IdempotentProducerOptions {
  /**
   * The epoch of this session (0), which must be higher than that of the session before it. The first
   * write fences off all sessions with lower epochs.
   */
  epoch?: number | undefined;
  /** Claims the next epoch if the server already knows this or a higher one (`false`). */
  autoClaim?: boolean | undefined;
  /** How long a value waits for others to share its request, in milliseconds (5). 0: to the end of the turn. */
  lingerMs?: number | undefined;
  /** The largest body of several values, in bytes (1 MiB). */
  maxBatchBytes?: number | undefined;
  /** The most values in one request (no limit). */
  maxBatchItems?: number | undefined;
  /** Called once, when the producer fails for good; the error's `notStored` has the values. */
  onError?: ((error: unknown) => void) | undefined;
}

/** The rules of {@link IdempotentProducerOptions}. */
export const producerRules: OptionRules<IdempotentProducerOptions> = {
  epoch: wholeNumber(0),
  autoClaim: aBoolean,
  lingerMs: numberBetween(0, Infinity),
  maxBatchBytes: wholeNumber(1),
  maxBatchItems: wholeNumberOrInfinity(1),
  onError: aFunction,
};
