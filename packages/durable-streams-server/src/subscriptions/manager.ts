import type { Store } from "../store/store.ts";
import type { ControlAccess } from "./control-access.ts";
import type { Delivery } from "./delivery.ts";
import type { SubscriptionKeys } from "./keys.ts";
import { matchingStreams } from "./matching-streams.ts";
import type { WakeReport } from "./request-fields.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import {
  MAX_LINKS,
  newState,
  type SubscriptionConfig,
  type SubscriptionState,
} from "./subscription-state.ts";
import type { SubscriptionsOptions } from "./subscriptions-options.ts";
import {
  applyAcks,
  beginWake,
  checkFence,
  endExpired,
  endWake,
  findPending,
  link,
  linkStatuses,
  type LinkStatus,
  unlink,
} from "./wakes.ts";
import { checkWebhookUrl } from "./webhook/webhook-url.ts";

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
    { origin, access }: { origin: string; access: ControlAccess },
  ): Promise<{ state: SubscriptionState; isNew: boolean }> {
    const configHash = await hashOf(config);
    const existing = await this.states.find(id);
    if (existing) return { state: expectSameConfig(existing, configHash), isNew: false };
    this.#expectRoom();
    if (config.webhookUrl !== undefined) {
      checkWebhookUrl(config.webhookUrl, this.#options.allowLocalWebhooks);
    }
    if (config.wakeStream !== undefined) {
      await access.expect({ operation: "append", path: config.wakeStream, subscription: id });
    }
    const state = newState(id, config, configHash, this.#options.rootUrl(origin));
    await this.#linkExplicitly(state, config.streams, access);
    await this.#linkMatching(state, access);
    if (!(await this.states.insert(state))) {
      return { state: expectSameConfig(await this.states.get(id), configHash), isNew: false };
    }
    if (config.from === "start") await this.#delivery.advance(id);
    return { state, isNew: true };
  }

  async addStreams(id: string, paths: readonly string[], access: ControlAccess): Promise<void> {
    await this.states.update(id, (state) => this.#linkExplicitly(state, paths, access));
    if ((await this.states.get(id)).config.from === "start") await this.#delivery.advance(id);
  }

  async #linkExplicitly(
    state: SubscriptionState,
    paths: readonly string[],
    access: ControlAccess,
  ): Promise<void> {
    checkCount(paths.length);
    for (const path of paths) {
      if (state.links[path]?.explicit) continue;
      await access.expect({ operation: "read", path, subscription: state.id });
      this.#expectRoomAt(path, state);
      const isFromStart = state.config.from === "start";
      link(state, path, "explicit", isFromStart ? -1 : await this.states.tailOf(path));
    }
    checkCount(Object.keys(state.links).length);
  }

  /** Links the streams that exist already. Their events wake nobody, unless `from` is `"start"`. */
  async #linkMatching(state: SubscriptionState, access: ControlAccess): Promise<void> {
    const { config, id } = state;
    for await (const { path, tail } of matchingStreams(this.#store, config)) {
      if (!(await access.allows({ operation: "read", path, subscription: id }))) continue;
      this.#expectRoomAt(path, state);
      link(state, path, "glob", config.from === "start" ? -1 : tail);
      checkCount(Object.keys(state.links).length);
    }
  }

  #expectRoom(): void {
    const { subscriptions } = this.#options.limits;
    if (this.states.size < subscriptions) return;
    throw new SubscriptionError(
      "TOO_MANY_SUBSCRIPTIONS",
      `The server already has ${subscriptions} subscriptions, the most it may have (limits.subscriptions).`,
    );
  }

  #expectRoomAt(path: string, { links }: SubscriptionState): void {
    const { subscriptionsPerStream } = this.#options.limits;
    if (links[path] || this.states.index.linkedTo(path).size < subscriptionsPerStream) return;
    throw new SubscriptionError(
      "TOO_MANY_SUBSCRIPTIONS",
      `${path} already has ${subscriptionsPerStream} subscriptions, the most it may have (limits.subscriptionsPerStream).`,
    );
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
      const now = Date.now();
      expectPullWake(current);
      endExpired(current, now);
      if (current.holder !== null) {
        throw new SubscriptionError("ALREADY_CLAIMED", "Another worker holds the lease.", {
          current_holder: current.holder,
          generation: current.generation,
          lease_expires_in_ms: (current.leaseUntil ?? now) - now,
        });
      }
      if ((await findPending(current, tailOf)) === undefined) {
        throw new SubscriptionError("NO_PENDING_WORK", "There are no events to process.");
      }
      if (current.wakeId === null) await beginWake(current, tailOf, now);
      current.holder = worker;
      current.nextAttemptAt = null;
      current.leaseUntil = now + current.config.leaseTtlMs;
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
   * Verifies the token of a wake. An unknown subscription and a wrong token look the same.
   *
   * @returns the generation that it is for
   * @throws SubscriptionError `TOKEN_INVALID`, `TOKEN_EXPIRED`
   */
  async verifyToken(id: string, token: string): Promise<number> {
    return (await this.keys()).verifyToken(token, id);
  }

  /**
   * Applies the ack of a pull-wake or the callback of a webhook.
   *
   * @param generation - of the token
   * @returns whether another wake has begun
   */
  async report(
    id: string,
    generation: number,
    report: WakeReport,
    { type }: { type: "webhook" | "pull-wake" },
  ): Promise<boolean> {
    await this.states.update(id, async (current) => {
      const now = Date.now();
      if (type === "pull-wake") expectPullWake(current);
      checkFence(current, report, generation, now);
      await applyAcks(current, report, this.states.tailOf);
      if (report.done) endWake(current);
      else current.leaseUntil = now + current.config.leaseTtlMs;
    });
    return report.done && (await this.#delivery.advance(id));
  }

  async release(id: string, generation: number, report: WakeReport): Promise<void> {
    await this.states.update(id, (current) => {
      expectPullWake(current);
      checkFence(current, report, generation, Date.now());
      endWake(current);
    });
    await this.#delivery.advance(id);
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
