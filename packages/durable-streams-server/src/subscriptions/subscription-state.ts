/** The most streams that one subscription can link: their cursors are one document. */
export const MAX_LINKS = 10_000;

/** What the server keeps of a subscription: one document in the store, changed by compare-and-set. */
export interface SubscriptionState {
  readonly id: string;
  readonly config: SubscriptionConfig;
  /** A repeated PUT with a configuration of another hash is a conflict. */
  readonly configHash: string;
  readonly createdAt: string;
  /** The root URL that the subscription was created under, for callback URLs. */
  readonly baseUrl: string;
  links: Record<string, SubscriptionLink>;
  /** Counts the wakes. Workers of earlier generations are fenced off. */
  generation: number;
  /** The wake that is in flight, if any. */
  wakeId: string | null;
  /** The tails at the start of that wake, which `{"done": true}` acknowledges. */
  snapshot: Record<string, number>;
  /** The worker that claimed a pull-wake. */
  holder: string | null;
  leaseUntil: number | null;
  status: "active" | "failed";
  /** How often the webhook failed, or the pull-wake was announced, since it last succeeded. */
  retries: number;
  /** When a webhook that failed is woken again, or a pull-wake that nobody claimed is announced again. */
  nextAttemptAt: number | null;
}

export interface SubscriptionConfig {
  readonly type: "webhook" | "pull-wake";
  readonly pattern?: string | undefined;
  readonly streams: readonly string[];
  readonly webhookUrl?: string | undefined;
  readonly wakeStream?: string | undefined;
  readonly leaseTtlMs: number;
  /** Where streams that exist already are linked: at their start, or (by default) at their tail. */
  readonly from?: "start" | undefined;
  /** The producer whose appends are not events for this subscription. */
  readonly ignoreProducer?: string | undefined;
  readonly description?: string | undefined;
}

export interface SubscriptionLink {
  explicit: boolean;
  glob: boolean;
  /** The position up to which events were processed; -1 for none. */
  acked: number;
  /** Appends of the ignored producer beyond it, in order: where each begins and ends. */
  ignored?: [start: number, end: number][];
}

/** An object by stream path. It has no prototype, since "constructor" is a path like any other. */
export function byPath<T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}

/** Completes a state that was parsed from JSON, whose objects have a prototype. */
export function restoreState(state: SubscriptionState): SubscriptionState {
  state.links = byPath(Object.entries(state.links));
  state.snapshot = byPath(Object.entries(state.snapshot));
  return state;
}

export function newState(
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
