import type { Offset } from "../protocol/offset.ts";
import {
  aBoolean,
  aFunction,
  checkOptions,
  numberBetween,
  type OptionRules,
  wholeNumber,
  wholeNumberOrInfinity,
} from "@freshet/core";
import { InvalidOptionError, invalidOption } from "../errors.ts";

/** Options of {@link IdempotentProducer}. */
export interface IdempotentProducerOptions {
  /**
   * The epoch of this session (0), which must be higher than that of the session before it. The first
   * write fences off all sessions with lower epochs.
   */
  epoch?: number | undefined;
  /**
   * Claims an epoch of its own (`false`): `epoch` and 32 random bits, and if the server knows a higher
   * one, that and 32 random bits. Of any number of sessions with this id one remains; the others are
   * fenced off, and none takes another's batch for its own.
   */
  autoClaim?: boolean | undefined;
  /**
   * For a job that starts again under the same id and epoch and sends the same batches (`false`): a batch
   * that the server already has counts as stored. Batches must have the same values each time, so set
   * `maxBatchItems: 1`, or call `flush` at the same places with `lingerMs: Infinity`. Excludes `autoClaim`.
   */
  replay?: boolean | undefined;
  /** How long a value waits for others to share its request, in milliseconds (5). 0: to the end of the turn. */
  lingerMs?: number | undefined;
  /** The largest body of several values, in bytes (1 MiB). */
  maxBatchBytes?: number | undefined;
  /** The most values in one request (no limit). */
  maxBatchItems?: number | undefined;
  /** How many bytes may wait before `ready`, and a write to `writable()`, waits for room (4 MiB). */
  maxPendingBytes?: number | undefined;
  /** Called once, when the producer fails for good; the error's `notStored` has the values. */
  onError?: ((error: unknown) => void) | undefined;
}

const rules: OptionRules<IdempotentProducerOptions> = {
  epoch: wholeNumber(0),
  autoClaim: aBoolean,
  replay: aBoolean,
  lingerMs: numberBetween(0, Infinity),
  maxBatchBytes: wholeNumber(1),
  maxBatchItems: wholeNumberOrInfinity(1),
  maxPendingBytes: wholeNumber(1),
  onError: aFunction,
};

export function checkProducerOptions(options: IdempotentProducerOptions): void {
  checkOptions(options, rules, invalidOption);
  if (options.autoClaim && options.replay) {
    throw new InvalidOptionError(
      "autoClaim and replay exclude each other: a replay needs the epoch of the session before it.",
    );
  }
}

/** The result of a producer's `flush` and `detach`. */
export interface FlushResult {
  /**
   * Where the stream ends after the last batch of this producer that is stored; `undefined` if there is
   * none, or the server does not state it.
   */
  readonly nextOffset: Offset | undefined;
}
