import { sendWebhook } from "#webhook-transport";
import { backoffDelayMs, defaultBackoff, linkedAbort } from "@freshet/core";
import type { SubscriptionKeys } from "./keys.ts";
import type { ManagerOptions } from "./manager.ts";
import type { StateStore } from "./state-store.ts";
import { SubscriptionError, type SubscriptionState } from "./types.ts";
import {
  ackSnapshot,
  beginWake,
  endWake,
  findPending,
  isIdle,
  link,
  linkStatuses,
} from "./wakes.ts";

/** From 1 second up to 60, 20 % of it random. */
const retryBackoff = {
  ...defaultBackoff,
  initialDelayMs: 1000,
  maxDelayMs: 60_000,
  jitter: 0.2,
};

/** Begins wakes and carries them to webhooks and wake streams. */
export class Delivery {
  readonly #states: StateStore;
  readonly #keys: () => Promise<SubscriptionKeys>;
  readonly #options: ManagerOptions;
  readonly #stopped = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(states: StateStore, keys: () => Promise<SubscriptionKeys>, options: ManagerOptions) {
    this.#states = states;
    this.#keys = keys;
    this.#options = options;
  }

  /**
   * Begins a wake if the subscription is idle and has work. `discovered` are streams that match its
   * pattern and are not linked yet: all that is in them is new.
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
      // It was deleted in the meantime.
      if (!(error instanceof SubscriptionError)) throw error;
      return false;
    }
  }

  /** A worker or webhook was silent for too long: its wake is over. */
  async expireLease(id: string, now: number): Promise<void> {
    await this.#states.update(id, (state) => {
      if (state.leaseUntil === null || state.leaseUntil > now) return false;
      endWake(state);
      return true;
    });
    await this.wakeIfPending(id);
  }

  /** Tries a delivery again that is due. Only one process gets to do it. */
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
    const work = state.config.type === "webhook" ? this.#callWebhook(state) : this.#announce(state);
    const tracked: Promise<void> = work
      .catch((error: unknown) => {
        // It was deleted in the meantime.
        if (error instanceof SubscriptionError) return;
        const details = { err: error, subscription: state.id };
        this.#options.logger?.error(details, "A subscription could not be woken");
      })
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

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
      this.#options.logger?.warn(details, "The wake stream took no event: create it as JSON");
    }
    await this.#states.update(state.id, (current) => {
      if (current.wakeId !== state.wakeId) return false;
      // Tried once a lease while the stream is missing; the application may still create it.
      const { leaseTtlMs } = current.config;
      current.nextAttemptAt = status === "appended" ? null : Date.now() + leaseTtlMs;
      return true;
    });
  }

  async #callWebhook(state: SubscriptionState): Promise<void> {
    const isDone = await this.#post(state).catch((error: unknown) => {
      const details = { err: error, subscription: state.id };
      this.#options.logger?.warn(details, "A webhook failed and will be tried again");
      return undefined;
    });
    if (this.#stopped.signal.aborted) return;
    this.#options.onMetric?.({
      type: "webhook",
      outcome: isDone === undefined ? "failed" : "delivered",
    });
    await this.#states.update(state.id, (current) => {
      if (current.wakeId !== state.wakeId) return false;
      if (isDone === undefined) {
        current.status = "failed";
        current.nextAttemptAt = Date.now() + backoffDelayMs(current.retries++, retryBackoff);
        current.leaseUntil = null;
        return true;
      }
      current.status = "active";
      current.retries = 0;
      if (!isDone) return true;
      ackSnapshot(current);
      endWake(current);
      return true;
    });
    if (isDone) await this.wakeIfPending(state.id);
  }

  /** Whether the webhook said that it is done. */
  async #post(state: SubscriptionState): Promise<boolean> {
    const keys = await this.#keys();
    const body = JSON.stringify({
      subscription_id: state.id,
      wake_id: state.wakeId,
      generation: state.generation,
      streams: await linkStatuses(state, this.#states.tailOf),
      callback_url: `${state.baseUrl}/__ds/subscriptions/${encodeURIComponent(state.id)}/callback`,
      callback_token: await keys.token(state.id, state.generation),
    });
    const { leaseTtlMs, webhookUrl = "" } = state.config;
    const signature = await keys.signWebhook(body);
    const sending = linkedAbort(this.#stopped.signal);
    const lease = setTimeout(() => {
      sending.abort(new Error(`The webhook gave no answer within its lease of ${leaseTtlMs} ms.`));
    }, leaseTtlMs);
    const answer = await sendWebhook({
      url: new URL(webhookUrl),
      headers: { "content-type": "application/json", "webhook-signature": signature },
      body,
      allowLocal: this.#options.allowLocalWebhooks,
      signal: sending.signal,
    }).finally(() => {
      clearTimeout(lease);
      sending.abort();
    });
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`The webhook answered with status ${answer.status}.`);
    }
    try {
      return (JSON.parse(answer.body) as { done?: unknown } | null)?.done === true;
    } catch {
      // An answer that is not JSON says nothing.
      return false;
    }
  }
}
