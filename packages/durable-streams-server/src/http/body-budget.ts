import type { ExchangeRequest } from "./exchange.ts";
import { HttpError } from "./http-error.ts";

/** The bytes of request bodies that the server holds at the same time. */
export class BodyBudget {
  readonly #maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws HttpError 429 if there is no room now. A body alone always has room. */
  take(bytes: number): void {
    if (this.#used > 0 && this.#used + bytes > this.#maxBytes) {
      throw new HttpError(
        429,
        `The bodies of the requests under way have ${this.#maxBytes} bytes together, the most that they may have (limits.bodiesInFlightBytes): try again. Nothing was stored.`,
        { "retry-after": "1" },
      );
    }
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/** A request whose body counts in the budget until {@link release}. */
export class BudgetedRequest implements ExchangeRequest {
  readonly #request: ExchangeRequest;
  readonly #budget: BodyBudget;
  #taken = 0;

  constructor(request: ExchangeRequest, budget: BodyBudget) {
    this.#request = request;
    this.#budget = budget;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): URL {
    return this.#request.url;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }

  toRequest(): Request {
    return this.#request.toRequest();
  }

  body(maxBytes: number): Promise<Uint8Array> {
    return this.#request.body(maxBytes, (bytes) => {
      this.#budget.take(bytes);
      this.#taken += bytes;
    });
  }

  release(): void {
    this.#budget.giveBack(this.#taken);
    this.#taken = 0;
  }
}
