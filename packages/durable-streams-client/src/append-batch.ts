import type { StreamedBody } from "./append-source.ts";
import { type Encoded, joinBody } from "./body.ts";

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
  /** Bytes of the values. */
  size: number = 0;
  /** How many of the values somebody still waits for. */
  wanted: number = 0;
  readonly #values: (Encoded | StreamedBody | undefined)[] = [];
  readonly #outcomes: Outcome[] = [];
  #told: number = 0;
  #settle!: () => void;
  readonly #settled = new Promise<void>((resolve) => (this.#settle = resolve));

  constructor(seq: string | undefined, closes: boolean) {
    this.seq = seq;
    this.closes = closes;
  }

  get length(): number {
    return this.#values.length;
  }

  add(value: Encoded | StreamedBody | undefined, size: number): Promise<AppendResult> {
    this.#values.push(value);
    this.size += size;
    this.wanted++;
    return this.#settled.then(this.#tell);
  }

  /** Nobody waits for this value any more: it is left out, unless it is on its way. */
  drop(index: number): void {
    this.#values[index] = undefined;
    this.wanted--;
  }

  /** The request body of the values from `from` to `to`. */
  body(from: number, to: number): Encoded | StreamedBody | undefined {
    const values: Encoded[] = [];
    for (let at = from; at < to; at++) {
      const value = this.#values[at];
      if (value === undefined) continue;
      if (isStreamed(value)) return value;
      values.push(value);
    }
    return joinBody(values);
  }

  /** Says what came of the next values. None is told before `settle`. */
  conclude(outcome: Outcome): void {
    this.#outcomes.push(outcome);
  }

  /** Everything is concluded. */
  settle(): void {
    this.#settle();
  }

  readonly #tell = (): AppendResult => {
    while (this.#told >= (this.#outcomes[0]?.until ?? Infinity)) this.#outcomes.shift();
    this.#told++;
    const [outcome] = this.#outcomes;
    if (outcome?.result) return outcome.result;
    throw outcome?.error; // without an outcome everybody has left: nobody sees it
  };
}

export function isStreamed(value: Encoded | StreamedBody): value is StreamedBody {
  return typeof value === "object" && "open" in value;
}
