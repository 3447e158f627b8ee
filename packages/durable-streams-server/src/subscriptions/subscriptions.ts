import type { ExchangeAnswer, ExchangeRequest } from "../http/exchange.ts";
import { SubscriptionManager, type ManagerOptions } from "./manager.ts";
import { answerControl, type AuthorizeSubscription } from "./routes.ts";

/** How often leases, retries and missed work are looked after, in milliseconds. */
const TEND_EVERY_MS = 1000;

/** The subscriptions of a server: its control API, and what keeps them going. */
export class Subscriptions {
  readonly #manager: SubscriptionManager;
  readonly #logger: ManagerOptions["logger"];
  readonly #timer: ReturnType<typeof setInterval>;
  #tending: Promise<void> | undefined;
  readonly #hints = new Set<Promise<void>>();

  constructor(options: ManagerOptions) {
    this.#manager = new SubscriptionManager(options);
    this.#logger = options.logger;
    this.#timer = setInterval(() => {
      this.#tend();
    }, TEND_EVERY_MS);
    (this.#timer as { unref?: () => void }).unref?.();
    this.#tend();
  }

  answer(
    request: ExchangeRequest,
    rest: string,
    authorize: AuthorizeSubscription,
  ): Promise<ExchangeAnswer> {
    return answerControl(this.#manager, request, rest, authorize);
  }

  /** Writers do not wait for this; what fails here is found again when the subscriptions are tended. */
  appended(path: string): void {
    if (this.#manager.states.known().length > 0) this.#hint(this.#manager.appended(path));
  }

  /** Before the answer: a stream made again at the path must not meet the old one's cursor. */
  deleted(path: string): Promise<void> {
    return this.#manager.deleted(path);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tending;
    await Promise.all(this.#hints);
    await this.#manager.stop();
  }

  #hint(work: Promise<void>): void {
    const tracked: Promise<void> = this.#logged(work).finally(() => this.#hints.delete(tracked));
    this.#hints.add(tracked);
  }

  #tend(): void {
    this.#tending ??= this.#logged(this.#manager.tend()).finally(() => {
      this.#tending = undefined;
    });
  }

  async #logged(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#logger?.warn({ err: error }, "Subscriptions could not be looked after; again soon");
    }
  }
}
