import { sendWebhook } from "#webhook-transport";
import { linkedAbort } from "@freshet/core";
import type { SubscriptionKeys } from "../keys.ts";
import type { SubscriptionState } from "../subscription-state.ts";
import { linkStatuses, type TailOf } from "../wakes.ts";
import { checkWebhookUrl } from "./webhook-url.ts";

export interface WebhookCall {
  readonly keys: SubscriptionKeys;
  readonly tailOf: TailOf;
  /** When the lease ends as things are now, in milliseconds since 1970: callbacks extend it. */
  readonly leaseUntil: () => Promise<number>;
  readonly allowLocalWebhooks: boolean;
  readonly signal: AbortSignal;
}

/**
 * Calls the webhook of a subscription, which may respond for as long as its lease lasts.
 *
 * @returns whether it responded with `{"done": true}`
 * @throws Error unless it responds with a status of success
 */
export async function callWebhook(
  state: SubscriptionState,
  { keys, tailOf, leaseUntil, allowLocalWebhooks, signal }: WebhookCall,
): Promise<boolean> {
  // Checked when it was stored as well, but the server may have been started with another rule then.
  const url = checkWebhookUrl(state.config.webhookUrl ?? "", allowLocalWebhooks);
  const body = JSON.stringify({
    subscription_id: state.id,
    wake_id: state.wakeId,
    generation: state.generation,
    streams: await linkStatuses(state, tailOf),
    callback_url: `${state.baseUrl}/__ds/subscriptions/${encodeURIComponent(state.id)}/callback`,
    callback_token: await keys.token(state.id, state.generation),
  });
  const signature = await keys.signWebhook(body);
  const sending = linkedAbort(signal);
  const endWatch = abortAfterLease(sending, state.config.leaseTtlMs, leaseUntil);
  const response = await sendWebhook({
    url,
    headers: { "content-type": "application/json", "webhook-signature": signature },
    body,
    allowLocal: allowLocalWebhooks,
    signal: sending.signal,
  }).finally(() => {
    endWatch();
    sending.abort();
  });
  if (response.status < 200 || response.status > 299) {
    throw new Error(`The webhook responded with status ${response.status}.`);
  }
  return isDone(response.body);
}

/** @returns a function that ends the watch */
function abortAfterLease(
  sending: { abort(reason: unknown): void },
  leaseTtlMs: number,
  leaseUntil: () => Promise<number>,
): () => void {
  let hasEnded = false;
  const check = async () => {
    // Without the store it is not known whether the lease was extended.
    const until = await leaseUntil().catch(() => 0);
    if (hasEnded) return;
    const remainingMs = until - Date.now();
    if (remainingMs > 0) timer = setTimeout(() => void check(), remainingMs);
    else sending.abort(new Error("The webhook did not respond within its lease."));
  };
  let timer = setTimeout(() => void check(), leaseTtlMs);
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}

/** A body that is not JSON means the same as no body. */
function isDone(body: string): boolean {
  try {
    return (JSON.parse(body) as { done?: unknown } | null)?.done === true;
  } catch {
    return false;
  }
}
