import type { Store } from "../store/store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import { parseState, type SubscriptionState } from "./subscription-state.ts";

const PREFIX = "subscription/";

/** The subscriptions in the store, and the states that this process last saw. */
export class StateStore {
  readonly #store: Store;
  readonly #known = new Map<string, SubscriptionState>();

  constructor(store: Store) {
    this.#store = store;
  }

  readonly tailOf = async (path: string): Promise<number> => {
    const head = await this.#store.head(path);
    return head.status === "ok" ? head.stream.tail : 0;
  };

  /** The states that this process last saw. */
  known(): readonly SubscriptionState[] {
    return [...this.#known.values()];
  }

  async list(): Promise<readonly SubscriptionState[]> {
    const documents = await this.#store.documents.list(PREFIX);
    const states = documents.map(({ value }) => parseState(value));
    this.#known.clear();
    for (const state of states) this.#known.set(state.id, state);
    return states;
  }

  async find(id: string): Promise<SubscriptionState | undefined> {
    const document = await this.#store.documents.get(PREFIX + id);
    return document && parseState(document.value);
  }

  /** @throws SubscriptionError `SUBSCRIPTION_NOT_FOUND` */
  async get(id: string): Promise<SubscriptionState> {
    const state = await this.find(id);
    if (state) return state;
    throw new SubscriptionError("SUBSCRIPTION_NOT_FOUND", "There is no subscription with this id.");
  }

  async insert(state: SubscriptionState): Promise<boolean> {
    const version = await this.#store.documents.set(
      PREFIX + state.id,
      JSON.stringify(state),
      undefined,
    );
    if (version !== undefined) this.#known.set(state.id, state);
    return version !== undefined;
  }

  /**
   * Changes a subscription, again with the newer state as often as somebody else changed it first. A
   * `change` that returns `false` leaves it as it is.
   *
   * @throws SubscriptionError `SUBSCRIPTION_NOT_FOUND`; and the errors of `change`
   */
  async update(
    id: string,
    change: (state: SubscriptionState) => unknown,
  ): Promise<SubscriptionState> {
    for (;;) {
      const document = await this.#store.documents.get(PREFIX + id);
      if (!document) {
        this.#known.delete(id);
        return this.get(id);
      }
      const state = parseState(document.value);
      if ((await change(state)) === false) return state;
      const value = JSON.stringify(state);
      const version = await this.#store.documents.set(PREFIX + id, value, document.version);
      if (version === undefined) continue;
      this.#known.set(id, state);
      return state;
    }
  }

  async remove(id: string): Promise<void> {
    for (;;) {
      const document = await this.#store.documents.get(PREFIX + id);
      this.#known.delete(id);
      if (!document) return;
      const { version } = document;
      if ((await this.#store.documents.set(PREFIX + id, undefined, version)) !== undefined) return;
    }
  }
}
