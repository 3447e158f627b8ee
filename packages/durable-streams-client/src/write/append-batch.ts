import type { StreamedBody } from "./append-source.ts";
import { type BatchBody, ByteBody, JsonBody } from "./batch-body.ts";
import type { Encoded } from "./encode.ts";

/** What came of an append. */
export interface AppendResult {
  /**
   * Where the stream ends after the request that stored the value; others may share it. Servers need
   * not say it of a duplicate: then it is empty.
   */
  nextOffset: string;
  /** With producer headers of your own: true when the server had this number already. */
  duplicate?: boolean;
}

/** What came of the values before `until` that no earlier outcome is of. */
interface Outcome {
  readonly until: number;
  /** If they were stored. */
  readonly result?: AppendResult;
  readonly error?: unknown;
}

/**
 * Values that are to be stored by one POST. There may be a hundred thousand, so a value costs one
 * promise and no closure: a promise calls what waits for it in the order of `then`, so one function
 * for all of them can count which value it is asked about.
 */
export class AppendBatch {
  readonly seq: string | undefined;
  readonly closes: boolean;
  /** How many of the values somebody still waits for. */
  wanted: number = 0;
  #body: BatchBody | undefined;
  #streamed: StreamedBody | undefined;
  /** The values that nobody waits for any more. */
  #dropped: Set<number> | undefined;
  readonly #outcomes: Outcome[] = [];
  #told: number = 0;
  #settle!: () => void;
  readonly #settled = new Promise<void>((resolve) => (this.#settle = resolve));

  constructor(seq: string | undefined, closes: boolean) {
    this.seq = seq;
    this.closes = closes;
  }

  get length(): number {
    return this.#body?.length ?? 1;
  }

  /** Adds a value, or says with `undefined` that the body would be larger than `maxBytes`. */
  add(value: Encoded, maxBytes: number): Promise<AppendResult> | undefined {
    this.#body ??= typeof value === "string" ? new JsonBody() : new ByteBody();
    return this.#body.add(value, maxBytes) ? this.#promise() : undefined;
  }

  /** Makes it a batch of one body that is made while it is sent, or of none. */
  addOnly(body: StreamedBody | undefined): Promise<AppendResult> {
    this.#streamed = body;
    return this.#promise();
  }

  /** Nobody waits for this value any more: it is left out, unless it is on its way. */
  drop(index: number): void {
    (this.#dropped ??= new Set()).add(index);
    this.wanted--;
  }

  /** The request body of the values from `from` to `to`. */
  body(from: number, to: number): Encoded | StreamedBody | undefined {
    return this.#streamed ?? this.#body?.encode(from, to, this.#dropped);
  }

  /** Says what came of the next values. None is told before `settle`. */
  conclude(outcome: Outcome): void {
    this.#outcomes.push(outcome);
  }

  /** Everything is concluded. */
  settle(): void {
    this.#settle();
  }

  #promise(): Promise<AppendResult> {
    this.wanted++;
    return this.#settled.then(this.#tell);
  }

  readonly #tell = (): AppendResult => {
    while (this.#told >= (this.#outcomes[0]?.until ?? Infinity)) this.#outcomes.shift();
    this.#told++;
    const [outcome] = this.#outcomes;
    if (outcome?.result) return outcome.result;
    throw outcome?.error; // without an outcome everybody has left: nobody sees it
  };
}
