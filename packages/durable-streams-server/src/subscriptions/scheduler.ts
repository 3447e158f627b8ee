import type { Store } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import { globMatches } from "./glob.ts";
import { matchingStreams } from "./matching-streams.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import type { SubscriptionState } from "./subscription-state.ts";
import { findPending, isIdle, unlink } from "./wakes.ts";

/** How often events that no hint announced are searched for, in milliseconds. */
const SEARCH_INTERVAL_MS = 3000;

/** Decides when a subscription is woken: after a hint, when a time has come, or after a search. */
export class SubscriptionScheduler {
  readonly #store: Store;
  readonly #states: StateStore;
  readonly #delivery: Delivery;
  #nextSearch = 0;

  constructor(store: Store, states: StateStore, delivery: Delivery) {
    this.#store = store;
    this.#states = states;
    this.#delivery = delivery;
  }

  /** Wakes the subscriptions to a path that data was stored at. */
  async appended(path: string): Promise<void> {
    for (const state of this.#states.known()) {
      const isNew =
        !state.links[path]?.glob &&
        state.config.pattern !== undefined &&
        globMatches(state.config.pattern, path);
      if (isNew) await this.#delivery.wakeIfPending(state.id, [path]);
      else if (state.links[path] && isIdle(state)) await this.#delivery.wakeIfPending(state.id);
    }
  }

  /** Unlinks a stream that was deleted from all subscriptions. */
  async deleted(path: string): Promise<void> {
    for (const { id, links } of this.#states.known()) {
      if (links[path]) await this.#unlink(id, path);
    }
  }

  /** Handles leases that have expired and retries that are due and, less often, searches. */
  async tick(now: number = Date.now()): Promise<void> {
    const states = await this.#states.list();
    for (const { id, leaseUntil, nextAttemptAt } of states) {
      if (leaseUntil !== null && leaseUntil <= now) await this.#delivery.expireLease(id, now);
      if (nextAttemptAt !== null && nextAttemptAt <= now) await this.#delivery.retry(id, now);
    }
    if (now < this.#nextSearch) return;
    const start = performance.now();
    for (const state of states) await this.#search(state);
    // A search through many streams takes long: it may take a twentieth of the time.
    this.#nextSearch = now + Math.max(SEARCH_INTERVAL_MS, 20 * (performance.now() - start));
  }

  /** Finds events that no hint announced to this process. */
  async #search(state: SubscriptionState): Promise<void> {
    const unlinked: string[] = [];
    let isPending = false;
    for await (const { path, tail } of matchingStreams(this.#store, state.config)) {
      const entry = state.links[path];
      if (!entry?.glob) unlinked.push(path);
      else isPending ||= tail > Math.max(entry.acked, 0);
    }
    const explicit = Object.keys(state.links).filter((path) => !state.links[path]?.glob);
    isPending ||= (await findPending(state, this.#states.tailOf, explicit)) !== undefined;
    if (unlinked.length > 0 || (isPending && isIdle(state))) {
      await this.#delivery.wakeIfPending(state.id, unlinked);
    }
  }

  async #unlink(id: string, path: string): Promise<void> {
    try {
      await this.#states.update(id, (state) => unlink(state, path));
    } catch (error) {
      // Another process deleted the subscription as well.
      if (!(error instanceof SubscriptionError)) throw error;
    }
  }
}
