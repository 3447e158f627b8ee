import type { Store, StoredDocument } from "../store/store.ts";
import { DueTimes } from "./due-times.ts";
import { SubscriptionError } from "./subscription-error.ts";
import { SubscriptionIndex } from "./subscription-index.ts";
import type { SubscriptionState } from "./subscription-state.ts";
import {
  isTombstone,
  parseDocument,
  raiseFloor,
  readFloor,
  TOMBSTONE_MS,
  type Tombstone,
} from "./tombstone.ts";
import { dueAt } from "./wakes.ts";

const PREFIX = "subscription/";
/** How many documents are listed at a time. */
const PAGE = 500;
/** A version may become visible after a later one did, by as many as there are writers. */
const VERSION_OVERLAP = 100;
/** How often all documents are listed, in milliseconds, so that no change is missed for ever. */
const RELOAD_INTERVAL_MS = 60_000;

interface Known {
  readonly state: SubscriptionState;
  readonly version: number;
}

/** The subscriptions in the store, and what this process knows of them. */
export class StateStore {
  /** By stream, of those that this process knows. */
  readonly index: SubscriptionIndex = new SubscriptionIndex();
  /** When something has to be done for one of them, or for the tombstone of one. */
  readonly due: DueTimes = new DueTimes();
  readonly #store: Store;
  readonly #known = new Map<string, Known>();
  #lastVersion = 0;
  #nextReload = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  readonly tailOf = async (path: string): Promise<number> => {
    const head = await this.#store.head(path);
    return head.status === "ok" ? head.stream.tail : 0;
  };

  /** How many subscriptions this process knows. */
  get size(): number {
    return this.#known.size;
  }

  /** The state that this process last saw. */
  known(id: string): SubscriptionState | undefined {
    return this.#known.get(id)?.state;
  }

  allKnown(): SubscriptionState[] {
    return Array.from(this.#known.values(), ({ state }) => state);
  }

  /** Learns what other processes changed. */
  async refresh(now: number): Promise<void> {
    if (now >= this.#nextReload) {
      await this.#reload();
      this.#nextReload = now + RELOAD_INTERVAL_MS;
      return;
    }
    const changedAfter = Math.max(this.#lastVersion - VERSION_OVERLAP, 0);
    for (const document of await this.#store.documents.list(PREFIX, { changedAfter })) {
      this.#see(document);
    }
  }

  /** Lists subscriptions in the order of their ids. */
  async list(
    after: string,
    limit: number,
  ): Promise<{ states: SubscriptionState[]; next: string | null }> {
    const listed = await this.#store.documents.list(PREFIX, { after: PREFIX + after, limit });
    const found = listed.map(({ value }) => parseDocument(value));
    const states = found.filter(
      (document): document is SubscriptionState => !isTombstone(document),
    );
    const last = listed.length < limit ? undefined : listed.at(-1);
    return { states, next: last?.key.slice(PREFIX.length) ?? null };
  }

  async find(id: string): Promise<SubscriptionState | undefined> {
    return (await this.#get(id))?.state;
  }

  /** @throws SubscriptionError `SUBSCRIPTION_NOT_FOUND` */
  async get(id: string): Promise<SubscriptionState> {
    return (await this.find(id)) ?? notFound();
  }

  /** Inserts a subscription, whose generation continues that of an earlier one with the same id. */
  async insert(state: SubscriptionState): Promise<boolean> {
    const { documents } = this.#store;
    const key = PREFIX + state.id;
    const found = await documents.get(key);
    const earlier = found && parseDocument(found.value);
    if (earlier && !isTombstone(earlier)) return false;
    // Read after the document: a tombstone that is removed has raised it before.
    const floor = await readFloor(documents);
    state.generation = Math.max(floor, earlier?.generation ?? 0);
    const version = await documents.set(key, JSON.stringify(state), found?.version);
    if (version !== undefined) this.#remember({ state, version });
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
      const found = (await this.#get(id)) ?? notFound();
      const { state } = found;
      if ((await change(state)) === false) return state;
      const value = JSON.stringify(state);
      const version = await this.#store.documents.set(PREFIX + id, value, found.version);
      if (version === undefined) continue;
      this.#remember({ state, version });
      return state;
    }
  }

  /** Removes a subscription, and leaves a tombstone that keeps its generation. */
  async remove(id: string): Promise<void> {
    for (;;) {
      const found = await this.#get(id);
      if (!found) return;
      const { generation } = found.state;
      const value = JSON.stringify({ generation, deletedAt: Date.now() } satisfies Tombstone);
      const version = await this.#store.documents.set(PREFIX + id, value, found.version);
      if (version === undefined) continue;
      this.#see({ key: PREFIX + id, value, version });
      return;
    }
  }

  /** Removes a tombstone that has stood for long enough. Its generation is kept with those of others. */
  async removeTombstone(id: string): Promise<void> {
    const { documents } = this.#store;
    const document = await documents.get(PREFIX + id);
    const found = document && parseDocument(document.value);
    if (document && found && isTombstone(found)) {
      await raiseFloor(documents, found.generation);
      await documents.set(PREFIX + id, undefined, document.version);
    }
    this.due.set(id, null);
  }

  async #get(id: string): Promise<Known | undefined> {
    const document = await this.#store.documents.get(PREFIX + id);
    const state = document && parseDocument(document.value);
    if (state && !isTombstone(state)) return { state, version: document.version };
    if (this.#known.has(id)) this.#forget(id);
    return undefined;
  }

  async #reload(): Promise<void> {
    const before = this.#lastVersion;
    const seen = new Set<string>();
    let after: string | undefined;
    for (;;) {
      const page = await this.#store.documents.list(PREFIX, { after, limit: PAGE });
      for (const document of page) {
        this.#see(document);
        seen.add(document.key.slice(PREFIX.length));
      }
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
      // Requests get their turn between pages, also on a store that responds in the same one.
      await new Promise((resolve) => setTimeout(resolve));
    }
    for (const [id, { version }] of this.#known) {
      // One that was inserted in the meantime may be missing from the pages.
      if (!seen.has(id) && version <= before) this.#forget(id);
    }
  }

  #see({ key, value, version }: StoredDocument): void {
    this.#lastVersion = Math.max(this.#lastVersion, version);
    const id = key.slice(PREFIX.length);
    if ((this.#known.get(id)?.version ?? -1) >= version) return;
    const found = parseDocument(value);
    if (isTombstone(found)) {
      this.#forget(id);
      this.due.set(id, found.deletedAt + TOMBSTONE_MS);
    } else this.#remember({ state: found, version });
  }

  #remember({ state, version }: Known): void {
    const { id } = state;
    if ((this.#known.get(id)?.version ?? -1) >= version) return;
    this.#known.set(id, { state, version });
    this.index.put(state);
    this.due.set(id, dueAt(state));
  }

  #forget(id: string): void {
    this.#known.delete(id);
    this.index.remove(id);
    this.due.set(id, null);
  }
}

function notFound(): never {
  throw new SubscriptionError("SUBSCRIPTION_NOT_FOUND", "There is no subscription with this id.");
}
