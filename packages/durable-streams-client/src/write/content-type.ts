import { isJson } from "../protocol/headers.ts";

/** PROTOCOL.md, section 5.1: the type of a stream that was created without one. */
export const unknownType = "application/octet-stream";

/** A stream's content type, which is the caller's word or has to be asked for. */
export class ContentType {
  /** Asks the server, and sets `value` if it says one. */
  readonly #askServer: (maxRetries: number | undefined) => Promise<unknown>;
  #value: string | undefined;
  #isJson: boolean = false;
  #learning: Promise<string> | undefined;

  constructor(
    value: string | undefined,
    askServer: (maxRetries: number | undefined) => Promise<unknown>,
  ) {
    this.value = value;
    this.#askServer = askServer;
  }

  get value(): string | undefined {
    return this.#value;
  }

  set value(value: string | undefined) {
    this.#value = value;
    this.#isJson = isJson(value);
  }

  get isJson(): boolean {
    return this.#isJson;
  }

  /** Whether writes are waiting for it. */
  get isAwaited(): boolean {
    return this.#learning !== undefined;
  }

  /**
   * What a write has to wait for before it can be encoded; nothing, where the content type is known.
   * Asked for once, however many writes wait for it; and again if that failed. Whoever comes while
   * others still wait for it waits as well: writes keep their order.
   */
  learn(): Promise<unknown> | undefined {
    if (this.#value !== undefined && !this.#learning) return undefined;
    if (!this.#learning) {
      this.#learning = this.ask();
      const learned = () => {
        this.#learning = undefined;
      };
      this.#learning.then(learned, learned);
    }
    return this.#learning;
  }

  async ask(maxRetries?: number): Promise<string> {
    await this.#askServer(maxRetries);
    this.value ??= unknownType;
    return this.value;
  }
}
