import { sendWebhook } from "#webhook-transport";
import { linkedAbort } from "@freshet/core";
import type { SubscriptionKeys } from "../keys.ts";
import type { SubscriptionState } from "../subscription-state.ts";
import { linkStatuses, type TailOf } from "../wakes.ts";

export interface WebhookCall {
  readonly keys: SubscriptionKeys;
  readonly tailOf: TailOf;
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
  { keys, tailOf, allowLocalWebhooks, signal }: WebhookCall,
): Promise<boolean> {
  const body = JSON.stringify({
    subscription_id: state.id,
    wake_id: state.wakeId,
    generation: state.generation,
    streams: await linkStatuses(state, tailOf),
    callback_url: `${state.baseUrl}/__ds/subscriptions/${encodeURIComponent(state.id)}/callback`,
    callback_token: await keys.token(state.id, state.generation),
  });
  const { leaseTtlMs, webhookUrl = "" } = state.config;
  const signature = await keys.signWebhook(body);
  const sending = linkedAbort(signal);
  const lease = setTimeout(() => {
    sending.abort(new Error(`The webhook did not respond within its lease of ${leaseTtlMs} ms.`));
  }, leaseTtlMs);
  const response = await sendWebhook({
    url: new URL(webhookUrl),
    headers: { "content-type": "application/json", "webhook-signature": signature },
    body,
    allowLocal: allowLocalWebhooks,
    signal: sending.signal,
  }).finally(() => {
    clearTimeout(lease);
    sending.abort();
  });
  if (response.status < 200 || response.status > 299) {
    throw new Error(`The webhook responded with status ${response.status}.`);
  }
  return isDone(response.body);
}

/** A body that is not JSON means the same as no body. */
function isDone(body: string): boolean {
  try {
    return (JSON.parse(body) as { done?: unknown } | null)?.done === true;
  } catch {
    return false;
  }
}
