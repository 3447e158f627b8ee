import type { AppendedRange } from "../store/appended-range.ts";
import type { SubscriptionKeys } from "./keys.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError } from "./subscription-error.ts";
import type { SubscriptionState } from "./subscription-state.ts";
import type { SubscriptionsOptions } from "./subscriptions-options.ts";
import {
  ackSnapshot,
  advance,
  endWake,
  failWake,
  findPending,
  ignoreRange,
  link,
  type Step,
} from "./wakes.ts";
import { callWebhook } from "./webhook/call.ts";

/** What became of a call: the end of the wake, a lease that goes on, or the reason why it failed. */
type CallResult = "done" | "accepted" | { readonly failure: unknown };

interface News {
  readonly discovered?: readonly string[] | undefined;
  readonly ignored?: { readonly path: string; readonly range: AppendedRange } | undefined;
}

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
   * Does what is due for a subscription: ends its lease if it has run out, begins a wake if it is idle
   * and has events to process, announces again a wake that nobody claimed. Of several processes only
   * one gets to do it.
   *
   * @param news.discovered - streams that match its pattern and are not linked yet: all their events are new
   * @param news.ignored - an append whose events are none for the subscription
   * @returns whether a wake has begun
   */
  async advance(id: string, { discovered = [], ignored }: News = {}): Promise<boolean> {
    const taken: { step: Step } = { step: "none" };
    try {
      const state = await this.#states.update(id, async (current) => {
        const linked = discovered.filter((path) => link(current, path, "glob", -1)).length > 0;
        const entry = ignored && current.links[ignored.path];
        if (entry) ignoreRange(entry, ignored.range);
        taken.step = await advance(current, this.#states.tailOf, Date.now());
        return linked || entry !== undefined || taken.step !== "none";
      });
      if (taken.step === "wake" || taken.step === "announce") this.#start(state);
      return taken.step === "wake";
    } catch (error) {
      // The subscription was deleted in the meantime.
      if (!(error instanceof SubscriptionError)) throw error;
      return false;
    }
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
    if (status === "appended") return;
    const details = { subscription: state.id, wakeStream, status };
    this.#options.logger?.warn(details, "The wake stream refused an event: create it as JSON");
  }

  async #deliver(state: SubscriptionState): Promise<void> {
    const result = await this.#call(state);
    if (this.#stopped.signal.aborted) return;
    const outcome: { failure?: unknown } = {};
    await this.#states.update(state.id, (current) => {
      delete outcome.failure;
      if (current.wakeId !== state.wakeId) return false;
      if (typeof result === "object") {
        // A handler that calls back is alive, whatever became of its response: its lease decides.
        if (current.leaseUntil !== state.leaseUntil) return false;
        outcome.failure = result.failure;
        failWake(current, Date.now());
        return true;
      }
      current.status = "active";
      current.retries = 0;
      if (result === "accepted") return true;
      ackSnapshot(current);
      endWake(current);
      return true;
    });
    this.#options.onWebhook?.("failure" in outcome ? "failed" : "delivered");
    if ("failure" in outcome) {
      const details = { err: outcome.failure, subscription: state.id };
      this.#options.logger?.warn(details, "A webhook failed and will be called again");
    }
    if (result === "done") await this.advance(state.id);
  }

  async #call(state: SubscriptionState): Promise<CallResult> {
    const { tailOf } = this.#states;
    const leaseUntil = async () => {
      const current = await this.#states.find(state.id);
      return current?.wakeId === state.wakeId ? (current.leaseUntil ?? 0) : 0;
    };
    try {
      const isDone = await callWebhook(state, {
        keys: await this.#keys(),
        tailOf,
        leaseUntil,
        allowLocalWebhooks: this.#options.allowLocalWebhooks,
        signal: this.#stopped.signal,
      });
      return isDone ? "done" : "accepted";
    } catch (failure) {
      return { failure };
    }
  }
}
