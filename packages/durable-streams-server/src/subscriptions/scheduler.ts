import { DurableStreamsServerError } from "../store/errors.ts";
import type { Store } from "../store/store.ts";
import type { AppendedRange } from "../store/appended-range.ts";
import type { Delivery } from "./delivery.ts";
import type { LinkPermissions } from "./link-permissions.ts";
import { matchingStreams, patternMatches } from "./matching-streams.ts";
import { Pacer } from "./pacer.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import type { SubscriptionConfig, SubscriptionState } from "./subscription-state.ts";
import { findPending, isIdle, processedTo, unlink } from "./wakes.ts";

/** Decides when a subscription is woken: after a hint, when a time has come, or after a search. */
export class SubscriptionScheduler {
  readonly #store: Store;
  readonly #states: StateStore;
  readonly #delivery: Delivery;
  readonly #permissions: LinkPermissions;

  constructor(store: Store, states: StateStore, delivery: Delivery, permissions: LinkPermissions) {
    this.#store = store;
    this.#states = states;
    this.#delivery = delivery;
    this.#permissions = permissions;
  }

  /** Wakes subscriptions to a path that data was stored at. */
  async appended(path: string, ids: Iterable<string>, range?: AppendedRange): Promise<void> {
    await forEach(ids, async (id) => {
      const state = this.#states.known(id);
      if (!state) return;
      const isNew = !state.links[path]?.glob && patternMatches(state.config, path);
      const discovered = isNew ? await this.#permissions.permitted(state, [path]) : [];
      const isLinked = state.links[path] !== undefined;
      const ignored = isIgnored(state.config, range) ? { path, range } : undefined;
      if (discovered.length > 0 || (isLinked && (ignored || isIdle(state, Date.now())))) {
        await this.#delivery.advance(id, { discovered, ignored });
      }
    });
  }

  /** Unlinks a stream that was deleted from all subscriptions. */
  async deleted(path: string): Promise<void> {
    for (const id of [...this.#states.index.linkedTo(path)]) await this.#unlink(id, path);
  }

  /** Does what is due by now. */
  async tick(now: number = Date.now()): Promise<void> {
    await this.#states.refresh(now);
    await forEach(this.#states.due.until(now), async (id) => {
      if (this.#states.known(id)) await this.#delivery.advance(id);
      else await this.#states.removeTombstone(id);
    });
  }

  /** Searches all subscriptions for events that no hint announced to this process. */
  async search(signal: AbortSignal): Promise<void> {
    const pacer = new Pacer();
    await forEach(this.#states.allKnown(), async ({ id }) => {
      if (pacer.isDue) await pacer.pause();
      const state = this.#states.known(id);
      if (state && !signal.aborted) await this.#search(state, pacer);
    });
  }

  async #search(state: SubscriptionState, pacer: Pacer): Promise<void> {
    if (!isIdle(state, Date.now())) return;
    const unlinked: string[] = [];
    let isPending = false;
    for await (const { path, tail } of matchingStreams(this.#store, state.config)) {
      const entry = state.links[path];
      if (!entry?.glob) unlinked.push(path);
      else isPending ||= tail > processedTo(entry);
      if (pacer.isDue) await pacer.pause();
    }
    const explicit = Object.keys(state.links).filter((path) => !state.links[path]?.glob);
    isPending ||= (await findPending(state, this.#states.tailOf, explicit)) !== undefined;
    const discovered = await this.#permissions.permitted(state, unlinked);
    if (discovered.length > 0 || isPending) await this.#delivery.advance(state.id, { discovered });
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

/** Whether an append is by the producer whose events are none for the subscription. */
function isIgnored(
  { ignoreProducer }: SubscriptionConfig,
  range: AppendedRange | undefined,
): range is AppendedRange {
  return ignoreProducer !== undefined && range?.producer === ignoreProducer;
}

/** One subscription that fails must not keep the others waiting, unless the store itself has failed. */
async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (error instanceof DurableStreamsServerError) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "Subscriptions could not be woken.");
}
