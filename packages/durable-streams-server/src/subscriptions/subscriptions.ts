import type { ExchangeRequest, ExchangeResponse } from "../http/exchange.ts";
import type { AppendedRange } from "../store/appended-range.ts";
import type { ControlAccess } from "./control-access.ts";
import { handleControlRequest } from "./control-routes.ts";
import { Delivery } from "./delivery.ts";
import { harmlessLogger } from "./harmless-logger.ts";
import { lazyKeys } from "./keys.ts";
import { LinkPermissions } from "./link-permissions.ts";
import { SubscriptionManager } from "./manager.ts";
import { SubscriptionScheduler } from "./scheduler.ts";
import { StateStore } from "./state-store.ts";
import type { SubscriptionsOptions } from "./subscriptions-options.ts";

/** How often leases and retries are looked for, in milliseconds. */
const TICK_INTERVAL_MS = 1000;
/** How often events that no hint announced are searched for, in milliseconds. */
const SEARCH_INTERVAL_MS = 3000;

/** The subscriptions of a server: their control API, and the background work that wakes them. */
export class Subscriptions {
  readonly #states: StateStore;
  readonly #manager: SubscriptionManager;
  readonly #delivery: Delivery;
  readonly #scheduler: SubscriptionScheduler;
  readonly #logger: SubscriptionsOptions["logger"];
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #stopped = new AbortController();
  #tick: Promise<void> | undefined;
  #search: Promise<void> | undefined;
  #nextSearch = 0;
  readonly #hints = new Set<Promise<void>>();

  constructor(given: SubscriptionsOptions) {
    const options = { ...given, logger: given.logger && harmlessLogger(given.logger) };
    const { store, logger } = options;
    const keys = lazyKeys(store, options.signingKeyLifetimeMs);
    this.#states = new StateStore(store);
    this.#delivery = new Delivery(this.#states, keys, options);
    this.#manager = new SubscriptionManager(this.#states, keys, this.#delivery, options);
    const permissions = new LinkPermissions(this.#states, options);
    this.#scheduler = new SubscriptionScheduler(store, this.#states, this.#delivery, permissions);
    this.#logger = logger;
  }

  /** Starts the background work. Only the first call has an effect. */
  start(): void {
    if (this.#timer !== undefined || this.#stopped.signal.aborted) return;
    this.#timer = setInterval(() => {
      this.#runTick();
    }, TICK_INTERVAL_MS);
    (this.#timer as { unref?: () => void }).unref?.();
    this.#runTick();
  }

  /** @param rest - the path below `__ds/` */
  handle(request: ExchangeRequest, rest: string, access: ControlAccess): Promise<ExchangeResponse> {
    return handleControlRequest(this.#manager, request, rest, access);
  }

  /** A hint that writers do not wait for. If it fails, a later search finds the events. */
  appended(path: string, range?: AppendedRange): void {
    const ids = this.#states.index.subscribersOf(path);
    if (ids.size === 0) return;
    const hint: Promise<void> = this.#logFailure(
      this.#scheduler.appended(path, [...ids], range),
    ).finally(() => this.#hints.delete(hint));
    this.#hints.add(hint);
  }

  /** The response waits for this: a stream created again must not meet the cursor of the old one. */
  deleted(path: string): Promise<void> {
    return this.#scheduler.deleted(path);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearInterval(this.#timer);
    await this.#tick;
    await this.#search;
    await Promise.all(this.#hints);
    await this.#delivery.stop();
  }

  #runTick(): void {
    this.#tick ??= this.#logFailure(this.#scheduler.tick()).finally(() => {
      this.#tick = undefined;
      this.#runSearch();
    });
  }

  #runSearch(): void {
    const { signal } = this.#stopped;
    if (signal.aborted || performance.now() < this.#nextSearch) return;
    this.#search ??= this.#logFailure(this.#scheduler.search(signal)).finally(() => {
      this.#search = undefined;
      this.#nextSearch = performance.now() + SEARCH_INTERVAL_MS;
    });
  }

  async #logFailure(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#logger?.warn({ err: error }, "Waking subscriptions failed and will be tried again");
    }
  }
}
