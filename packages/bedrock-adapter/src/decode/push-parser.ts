/** A synchronous parser: bytes in, values out. */
export interface PushParser<T> {
  push(chunk: Uint8Array): unknown;
  /** The next value, or `undefined` if more bytes are needed. */
  read(): T | undefined;
  /** The bytes are over; there may be more values to read. Throws if that was too early. */
  end(): void;
  /**
   * Tells the parser that the stream has failed, after which `read` gives only what is left.
   * @returns whether the failure has become a value and must not be thrown as well
   */
  fail?(error: unknown): boolean;
}

/** Changes a parser's values into others. */
export interface Stage<In, Out> {
  push(value: In): void;
  read(): Out | undefined;
  end(): void;
  fail?(error: unknown): boolean;
}

/** A parser whose first value was read already. */
export class PrimedParser<T> implements PushParser<T> {
  readonly #parser: PushParser<T>;
  #first: T | undefined;

  constructor(first: T, parser: PushParser<T>) {
    this.#first = first;
    this.#parser = parser;
  }

  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
  }

  read(): T | undefined {
    if (this.#first === undefined) return this.#parser.read();
    const first = this.#first;
    this.#first = undefined;
    return first;
  }

  end(): void {
    this.#parser.end();
  }
}

/** A parser followed by a stage is a parser. */
export class StagedParser<In, Out> implements PushParser<Out> {
  readonly #parser: PushParser<In>;
  readonly #stage: Stage<In, Out>;
  #over = false;

  constructor(parser: PushParser<In>, stage: Stage<In, Out>) {
    this.#parser = parser;
    this.#stage = stage;
  }

  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
  }

  read(): Out | undefined {
    for (;;) {
      const out = this.#stage.read();
      if (out !== undefined || this.#over) return out;
      const value = this.#parser.read();
      if (value === undefined) return undefined;
      this.#stage.push(value);
    }
  }

  end(): void {
    this.#parser.end();
    this.#over = true;
    this.#stage.end();
  }

  fail(error: unknown): boolean {
    this.#over = true;
    return this.#stage.fail?.(error) ?? false;
  }
}
