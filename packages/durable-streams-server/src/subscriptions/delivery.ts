import { backoffDelayMs, defaultBackoff } from "@freshet/core";
import type { SubscriptionKeys } from "./keys.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import type { SubscriptionState } from "./subscription-state.ts";
import type { SubscriptionsOptions } from "./subscriptions-options.ts";
import { ackSnapshot, beginWake, endWake, findPending, isIdle, link } from "./wakes.ts";
import { callWebhook } from "./webhook/call.ts";

/** From 1 second up to 60, with 20 % of jitter. */
const retryBackoff = {
  ...defaultBackoff,
  initialDelayMs: 1000,
  maxDelayMs: 60_000,
  multiplier: 2,
  jitter: 0.2,
};

/** Begins wakes and delivers them to webhooks and wake streams. */
export class Delivery {
  readonly #states: StateStore;
  readonly #keys: () => Promise<SubscriptionKeys>;
  readonly #options: SubscriptionsOptions;
  readonly #stopped = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    states: StateStore,
    keys: () => Promise<SubscriptionKeys>,
    options: SubscriptionsOptions,
  ) {
    this.#states = states;
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * Begins a wake if the subscription is idle and has events to process.
   *
   * @param discovered - streams that match its pattern and are not linked yet: all their events are new
   * @returns whether a wake has begun
   */
  async wakeIfPending(id: string, discovered: readonly string[] = []): Promise<boolean> {
    const { tailOf } = this.#states;
    const begun: { wakeId: string | null } = { wakeId: null };
    try {
      const state = await this.#states.update(id, async (current) => {
        begun.wakeId = null;
        const linked = discovered.filter((path) => link(current, path, "glob", -1)).length > 0;
        if (!isIdle(current) || (await findPending(current, tailOf)) === undefined) return linked;
        await beginWake(current, tailOf, Date.now());
        begun.wakeId = current.wakeId;
        return true;
      });
      if (begun.wakeId === null) return false;
      this.#start(state);
      return true;
    } catch (error) {
      // The subscription was deleted in the meantime.
      if (!(error instanceof SubscriptionError)) throw error;
      return false;
    }
  }

  /** Ends the wake of a worker or webhook that was silent for too long. */
  async expireLease(id: string, now: number): Promise<void> {
    await this.#states.update(id, (state) => {
      if (state.leaseUntil === null || state.leaseUntil > now) return false;
      endWake(state);
      return true;
    });
    await this.wakeIfPending(id);
  }

  /** Retries a delivery that is due. Of several processes only one gets to do it. */
  async retry(id: string, now: number): Promise<void> {
    const claimed: SubscriptionState[] = [];
    await this.#states.update(id, (current) => {
      claimed.length = 0;
      if (current.nextAttemptAt === null || current.nextAttemptAt > now) return false;
      claimed.push(current);
      const isWebhook = current.config.type === "webhook";
      current.nextAttemptAt = isWebhook ? null : now + 5000;
      if (isWebhook) current.leaseUntil = now + current.config.leaseTtlMs;
      return true;
    });
    for (const state of claimed) this.#start(state);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#underWay);
  }

  #start(state: SubscriptionState): void {
    if (this.#stopped.signal.aborted) return;
    const work = state.config.type === "webhook" ? this.#deliver(state) : this.#announce(state);
    const tracked: Promise<void> = work
      .catch((error: unknown) => {
        // The subscription was deleted in the meantime.
        if (error instanceof SubscriptionError) return;
        const details = { err: error, subscription: state.id };
        this.#options.logger?.error(details, "A subscription could not be woken");
      })
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  /** Appends the wake event of a pull-wake to its wake stream. */
  async #announce(state: SubscriptionState): Promise<void> {
    const { wakeStream = "" } = state.config;
    const event = {
      type: "wake",
      subscription_id: state.id,
      stream: await findPending(state, this.#states.tailOf),
      generation: state.generation,
      ts: Date.now(),
    };
    const { status } = await this.#options.store.append({
      path: wakeStream,
      contentType: "application/json",
      data: new TextEncoder().encode(JSON.stringify(event)),
      close: false,
    });
    if (status !== "appended") {
      const details = { subscription: state.id, wakeStream, status };
      this.#options.logger?.warn(details, "The wake stream refused an event: create it as JSON");
    }
    await this.#states.update(state.id, (current) => {
      if (current.wakeId !== state.wakeId) return false;
      // While the stream is missing it is tried once per lease: the application may create it later.
      const { leaseTtlMs } = current.config;
      current.nextAttemptAt = status === "appended" ? null : Date.now() + leaseTtlMs;
      return true;
    });
  }

  async #deliver(state: SubscriptionState): Promise<void> {
    const result = await this.#call(state);
    if (this.#stopped.signal.aborted) return;
    this.#options.onWebhook?.(result === "failed" ? "failed" : "delivered");
    await this.#states.update(state.id, (current) => {
      if (current.wakeId !== state.wakeId) return false;
      if (result === "failed") {
        current.status = "failed";
        current.nextAttemptAt = Date.now() + backoffDelayMs(current.retries++, retryBackoff);
        current.leaseUntil = null;
        return true;
      }
      current.status = "active";
      current.retries = 0;
      if (result === "accepted") return true;
      ackSnapshot(current);
      endWake(current);
      return true;
    });
    if (result === "done") await this.wakeIfPending(state.id);
  }

  async #call(state: SubscriptionState): Promise<"done" | "accepted" | "failed"> {
    const { signal } = this.#stopped;
    const { allowLocalWebhooks, logger } = this.#options;
    try {
      const keys = await this.#keys();
      const { tailOf } = this.#states;
      const isDone = await callWebhook(state, { keys, tailOf, allowLocalWebhooks, signal });
      return isDone ? "done" : "accepted";
    } catch (error) {
      const details = { err: error, subscription: state.id };
      logger?.warn(details, "A webhook failed and will be tried again");
      return "failed";
    }
  }
}
