import type { Store } from "../store/store.ts";
import type { Delivery } from "./delivery.ts";
import type { SubscriptionKeys } from "./keys.ts";
import { matchingStreams } from "./matching-streams.ts";
import type { WakeReport } from "./request-fields.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import { newState, type SubscriptionConfig, type SubscriptionState } from "./subscription-state.ts";
import type { SubscriptionsOptions } from "./subscriptions-options.ts";
import {
  applyAcks,
  beginWake,
  checkFence,
  endWake,
  findPending,
  link,
  linkStatuses,
  type LinkStatus,
  unlink,
} from "./wakes.ts";
import { checkWebhookUrl } from "./webhook/webhook-url.ts";

/** The most streams that one subscription can link: their cursors are one document. */
const MAX_LINKS = 10_000;

export interface Claim {
  readonly wakeId: string | null;
  readonly generation: number;
  readonly token: string;
  readonly streams: readonly LinkStatus[];
  readonly leaseTtlMs: number;
}

/** The operations on subscriptions. Every change is one compare-and-set of one document. */
export class SubscriptionManager {
  readonly states: StateStore;
  readonly keys: () => Promise<SubscriptionKeys>;
  readonly #store: Store;
  readonly #options: SubscriptionsOptions;
  readonly #delivery: Delivery;

  constructor(
    states: StateStore,
    keys: () => Promise<SubscriptionKeys>,
    delivery: Delivery,
    options: SubscriptionsOptions,
  ) {
    this.states = states;
    this.keys = keys;
    this.#delivery = delivery;
    this.#store = options.store;
    this.#options = options;
  }

  async create(
    id: string,
    config: SubscriptionConfig,
    origin: string,
  ): Promise<{ state: SubscriptionState; isNew: boolean }> {
    const configHash = await hashOf(config);
    const existing = await this.states.find(id);
    if (existing) return { state: expectSameConfig(existing, configHash), isNew: false };
    if (config.webhookUrl !== undefined) {
      checkWebhookUrl(config.webhookUrl, this.#options.allowLocalWebhooks);
    }
    checkCount(config.streams.length);
    const state = newState(id, config, configHash, this.#options.rootUrl(origin));
    for (const path of config.streams) {
      link(state, path, "explicit", await this.states.tailOf(path));
    }
    // Events that exist already do not wake anybody.
    for await (const { path, tail } of matchingStreams(this.#store, config)) {
      link(state, path, "glob", tail);
    }
    checkSize(state);
    if (await this.states.insert(state)) return { state, isNew: true };
    return { state: expectSameConfig(await this.states.get(id), configHash), isNew: false };
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
        throw new SubscriptionError("NO_PENDING_WORK", "There are no events to process.");
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

  /**
   * Applies the ack of a pull-wake or the callback of a webhook.
   *
   * @returns whether another wake has begun
   */
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
}

function expectSameConfig(state: SubscriptionState, configHash: string): SubscriptionState {
  if (state.configHash === configHash) return state;
  throw new SubscriptionError(
    "SUBSCRIPTION_ALREADY_EXISTS",
    "A subscription with this id and another configuration exists.",
  );
}

function expectPullWake({ config }: SubscriptionState): void {
  if (config.type === "pull-wake") return;
  throw new SubscriptionError("INVALID_REQUEST", "The subscription is not of type pull-wake.");
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
