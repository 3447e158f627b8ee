import type { Logger, Metric } from "../server/options.ts";
import type { Store } from "../store/store.ts";
import { Delivery } from "./delivery.ts";
import { globMatches } from "./glob.ts";
import type { WakeReport } from "./request-fields.ts";
import { SubscriptionKeys } from "./keys.ts";
import { matchingStreams } from "./matching-streams.ts";
import { StateStore } from "./state-store.ts";
import {
  byPath,
  SubscriptionError,
  type SubscriptionConfig,
  type SubscriptionState,
} from "./subscription-state.ts";
import {
  applyAcks,
  beginWake,
  checkFence,
  endWake,
  findPending,
  isIdle,
  link,
  linkStatuses,
  type LinkStatus,
  unlink,
} from "./wakes.ts";
import { checkWebhookUrl } from "./webhook/webhook-url.ts";

/** So many streams can be linked to one subscription: their cursors are one document. */
const MAX_LINKS = 10_000;

/** How often work that no hint told of is searched for, in milliseconds. */
const SEARCH_EVERY_MS = 3000;

export interface ManagerOptions {
  readonly store: Store;
  /** The stream root's URL for a request from this origin, such as `https://host/v1/stream`. */
  readonly rootUrl: (origin: string) => string;
  readonly allowLocalWebhooks: boolean;
  readonly logger?: Logger | undefined;
  readonly onMetric?: ((metric: Metric) => void) | undefined;
}

export interface Claim {
  readonly wakeId: string | null;
  readonly generation: number;
  readonly token: string;
  readonly streams: readonly LinkStatus[];
  readonly leaseTtlMs: number;
}

/** What can be done with subscriptions. Every change is one compare-and-set of one document. */
export class SubscriptionManager {
  readonly states: StateStore;
  readonly #options: ManagerOptions;
  readonly #delivery: Delivery;
  #keys: Promise<SubscriptionKeys> | undefined;
  #nextSearch = 0;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.states = new StateStore(options.store);
    this.#delivery = new Delivery(this.states, () => this.keys(), options);
  }

  keys(): Promise<SubscriptionKeys> {
    this.#keys ??= SubscriptionKeys.load(this.#options.store).catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async create(
    id: string,
    config: SubscriptionConfig,
    origin: string,
  ): Promise<{ state: SubscriptionState; isNew: boolean }> {
    const configHash = await hashOf(config);
    const existing = await this.states.find(id);
    if (existing) return { state: confirmed(existing, configHash), isNew: false };
    if (config.webhookUrl !== undefined) {
      checkWebhookUrl(config.webhookUrl, this.#options.allowLocalWebhooks);
    }
    checkCount(config.streams.length);
    const state = newState(id, config, configHash, this.#options.rootUrl(origin));
    for (const path of config.streams) {
      link(state, path, "explicit", await this.states.tailOf(path));
    }
    // What exists already is not news.
    for await (const { path, tail } of matchingStreams(this.#options.store, config))
      link(state, path, "glob", tail);
    checkSize(state);
    if (await this.states.insert(state)) return { state, isNew: true };
    return { state: confirmed(await this.states.get(id), configHash), isNew: false };
  }

  async addStreams(id: string, paths: readonly string[]): Promise<void> {
    checkCount(paths.length);
    await this.states.update(id, async (state) => {
      for (const path of paths) link(state, path, "explicit", await this.states.tailOf(path));
      checkSize(state);
    });
  }

  async removeStream(id: string, path: string): Promise<void> {
    await this.states.update(id, (state) => {
      const entry = state.links[path];
      if (entry?.glob) entry.explicit = false;
      else unlink(state, path);
    });
  }

  async claim(id: string, worker: string): Promise<Claim> {
    const { tailOf } = this.states;
    const state = await this.states.update(id, async (current) => {
      expectPullWake(current);
      if (current.holder !== null) {
        throw new SubscriptionError("ALREADY_CLAIMED", "Another worker holds the lease.", {
          current_holder: current.holder,
          generation: current.generation,
        });
      }
      if ((await findPending(current, tailOf)) === undefined) {
        throw new SubscriptionError("NO_PENDING_WORK", "Nothing waits to be processed.");
      }
      if (current.wakeId === null) await beginWake(current, tailOf, Date.now());
      current.holder = worker;
      current.nextAttemptAt = null;
      current.leaseUntil = Date.now() + current.config.leaseTtlMs;
    });
    return {
      wakeId: state.wakeId,
      generation: state.generation,
      token: await (await this.keys()).token(id, state.generation),
      streams: await linkStatuses(state, tailOf),
      leaseTtlMs: state.config.leaseTtlMs,
    };
  }

  /** An ack of a pull-wake or the callback of a webhook. Tells whether another wake has begun. */
  async report(
    id: string,
    token: string,
    report: WakeReport,
    { type }: { type: "webhook" | "pull-wake" },
  ): Promise<boolean> {
    const keys = await this.keys();
    const state = await this.states.update(id, async (current) => {
      if (type === "pull-wake") expectPullWake(current);
      checkFence(current, report, await keys.verifyToken(token, id));
      await applyAcks(current, report, this.states.tailOf);
      if (report.done) endWake(current);
      else current.leaseUntil = Date.now() + current.config.leaseTtlMs;
    });
    return report.done && (await this.#delivery.wakeIfPending(state.id));
  }

  async release(id: string, token: string, report: WakeReport): Promise<void> {
    const keys = await this.keys();
    await this.states.update(id, async (current) => {
      expectPullWake(current);
      checkFence(current, report, await keys.verifyToken(token, id));
      endWake(current);
    });
    await this.#delivery.wakeIfPending(id);
  }

  /** Looks after what is due: expired leases and retries; and now and then, work that was missed. */
  async tend(now: number = Date.now()): Promise<void> {
    const states = await this.states.list();
    for (const { id, leaseUntil, nextAttemptAt } of states) {
      if (leaseUntil !== null && leaseUntil <= now) await this.#delivery.expireLease(id, now);
      if (nextAttemptAt !== null && nextAttemptAt <= now) await this.#delivery.retry(id, now);
    }
    if (now < this.#nextSearch) return;
    const start = performance.now();
    for (const state of states) await this.#search(state);
    // Many streams take long to look through: it stays a small part of the time.
    this.#nextSearch = now + Math.max(SEARCH_EVERY_MS, 20 * (performance.now() - start));
  }

  /** Finds streams with events that no hint told this process of. */
  async #search(state: SubscriptionState): Promise<void> {
    const unknown: string[] = [];
    let isPending = false;
    for await (const { path, tail } of matchingStreams(this.#options.store, state.config)) {
      const entry = state.links[path];
      if (!entry?.glob) unknown.push(path);
      else isPending ||= tail > Math.max(entry.acked, 0);
    }
    const explicit = Object.keys(state.links).filter((path) => !state.links[path]?.glob);
    isPending ||= (await findPending(state, this.states.tailOf, explicit)) !== undefined;
    if (unknown.length > 0 || (isPending && isIdle(state))) {
      await this.#delivery.wakeIfPending(state.id, unknown);
    }
  }

  /** Data was stored: whoever subscribes to the path is woken. */
  async appended(path: string): Promise<void> {
    for (const state of this.states.known()) {
      const isNew =
        !state.links[path]?.glob &&
        state.config.pattern !== undefined &&
        globMatches(state.config.pattern, path);
      if (isNew) await this.#delivery.wakeIfPending(state.id, [path]);
      else if (state.links[path] && isIdle(state)) await this.#delivery.wakeIfPending(state.id);
    }
  }

  async deleted(path: string): Promise<void> {
    for (const { id, links } of this.states.known()) {
      if (links[path]) await this.#unlink(id, path);
    }
  }

  async #unlink(id: string, path: string): Promise<void> {
    try {
      await this.states.update(id, (state) => unlink(state, path));
    } catch (error) {
      // The subscription was deleted too, and this process did not know.
      if (!(error instanceof SubscriptionError)) throw error;
    }
  }

  stop(): Promise<void> {
    return this.#delivery.stop();
  }
}

function newState(
  id: string,
  config: SubscriptionConfig,
  configHash: string,
  baseUrl: string,
): SubscriptionState {
  return {
    id,
    config,
    configHash,
    createdAt: new Date().toISOString(),
    baseUrl,
    links: byPath(),
    generation: 0,
    wakeId: null,
    snapshot: byPath(),
    holder: null,
    leaseUntil: null,
    status: "active",
    retries: 0,
    nextAttemptAt: null,
  };
}

function confirmed(state: SubscriptionState, configHash: string): SubscriptionState {
  if (state.configHash === configHash) return state;
  throw new SubscriptionError(
    "SUBSCRIPTION_ALREADY_EXISTS",
    "A subscription with this id and another configuration exists.",
  );
}

function expectPullWake({ config }: SubscriptionState): void {
  if (config.type === "pull-wake") return;
  throw new SubscriptionError("INVALID_REQUEST", "The subscription is not a pull-wake one.");
}

function checkSize({ links }: SubscriptionState): void {
  checkCount(Object.keys(links).length);
}

function checkCount(streams: number): void {
  if (streams <= MAX_LINKS) return;
  throw new SubscriptionError(
    "TOO_MANY_STREAMS",
    `A subscription can have ${MAX_LINKS} streams: use a narrower pattern, or several subscriptions.`,
  );
}

async function hashOf(config: SubscriptionConfig): Promise<string> {
  const sorted = JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sorted));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
