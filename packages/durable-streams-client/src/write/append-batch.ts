import type { StreamedBody } from "./append-source.ts";
import { type BatchBody, ByteBody, JsonBody } from "./batch-body.ts";
import type { Encoded } from "./encode.ts";

/** The result of an append. */
export interface AppendResult {
  /**
   * Where the stream ends after the request that stored the value, which other values may share. Empty
   * for a duplicate whose offset the server does not state.
   */
  nextOffset: string;
  /** True when the server already had this producer sequence number, which your own headers set. */
  duplicate?: boolean;
}

/** The outcome of the values before `until` that no earlier outcome covers. */
interface Outcome {
  readonly until: number;
  /** Set if they were stored. */
  readonly result?: AppendResult;
  readonly error?: unknown;
}

/**
 * Values that one POST stores. There may be a hundred thousand, so a value costs one promise and no
 * closure: a promise runs its reactions in the order of `then`, so one shared function can count which
 * value it settles.
 */
export class AppendBatch {
  readonly seq: string | undefined;
  readonly closes: boolean;
  /** How many of the values a caller still waits for. */
  awaited: number = 0;
  #body: BatchBody | undefined;
  #streamed: StreamedBody | undefined;
  /** The values that no caller waits for any more. */
  #dropped: Set<number> | undefined;
  readonly #outcomes: Outcome[] = [];
  #reported: number = 0;
  #settle!: () => void;
  readonly #settled = new Promise<void>((resolve) => (this.#settle = resolve));

  constructor(seq: string | undefined, closes: boolean) {
    this.seq = seq;
    this.closes = closes;
  }

  get length(): number {
    return this.#body?.length ?? 1;
  }

  /** Adds a value; returns `undefined` if the body would then be larger than `maxBytes`. */
  add(value: Encoded, maxBytes: number): Promise<AppendResult> | undefined {
    this.#body ??= typeof value === "string" ? new JsonBody() : new ByteBody();
    return this.#body.add(value, maxBytes) ? this.#promise() : undefined;
  }

  /** Makes this a batch of one body that is produced while it is sent, or of no body. */
  addOnly(body: StreamedBody | undefined): Promise<AppendResult> {
    this.#streamed = body;
    return this.#promise();
  }

  /** Leaves out a value that no caller waits for any more, unless it was already sent. */
  drop(index: number): void {
    (this.#dropped ??= new Set()).add(index);
    this.awaited--;
  }

  /** The request body of the values from `from` to `to`. */
  body(from: number, to: number): Encoded | StreamedBody | undefined {
    return this.#streamed ?? this.#body?.encode(from, to, this.#dropped);
  }

  /** Records the outcome of the next values. Callers learn it with `settle`. */
  conclude(outcome: Outcome): void {
    this.#outcomes.push(outcome);
  }

  /** Settles the promises of all values, whose outcomes are recorded. */
  settle(): void {
    this.#settle();
  }

  #promise(): Promise<AppendResult> {
    this.awaited++;
    return this.#settled.then(this.#report);
  }

  readonly #report = (): AppendResult => {
    while (this.#reported >= (this.#outcomes[0]?.until ?? Infinity)) this.#outcomes.shift();
    this.#reported++;
    const [outcome] = this.#outcomes;
    if (outcome?.result) return outcome.result;
    throw outcome?.error; // without an outcome no caller waits
  };
}
