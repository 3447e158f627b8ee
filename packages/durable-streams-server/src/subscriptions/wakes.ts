/**
 * The rules of wakes and leases, on the state of one subscription.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 7)
 */
import { backoffDelayMs, defaultBackoff } from "@freshet/core";
import { formatOffset, parseOffset } from "../wire/offset.ts";
import type { WakeReport } from "./request-fields.ts";
import { SubscriptionError } from "./subscription-error.ts";
import { byPath, type SubscriptionLink, type SubscriptionState } from "./subscription-state.ts";

/** The tail of a stream; 0 if there is no stream. */
export type TailOf = (path: string) => Promise<number>;

/** A link as the protocol shows it. */
export interface LinkStatus {
  readonly path: string;
  readonly link_type: "explicit" | "glob";
  readonly acked_offset: string;
  readonly tail_offset: string;
  readonly has_pending: boolean;
}

/** From 1 second up to 60, with 20 % of jitter. */
const backoff = {
  ...defaultBackoff,
  initialDelayMs: 1000,
  maxDelayMs: 60_000,
  multiplier: 2,
  jitter: 0.2,
};

/** When something has to be done for a subscription, if nothing else happens before; else `null`. */
export function dueAt({ leaseUntil, nextAttemptAt }: SubscriptionState): number | null {
  if (leaseUntil === null || nextAttemptAt === null) return leaseUntil ?? nextAttemptAt;
  return Math.min(leaseUntil, nextAttemptAt);
}

/** Whether a wake may begin: none is in flight, no lease is alive, and no back-off lasts. */
export function isIdle(state: SubscriptionState, now: number): boolean {
  if (hasExpired(state, now)) return true;
  return state.wakeId === null && (state.nextAttemptAt ?? 0) <= now;
}

/** Whether the lease has run out. The sweep only tidies: time decides, wherever a state is looked at. */
function hasExpired({ leaseUntil }: SubscriptionState, now: number): boolean {
  return leaseUntil !== null && leaseUntil <= now;
}

/** Ends a wake whose lease has run out. */
export function endExpired(state: SubscriptionState, now: number): boolean {
  if (!hasExpired(state, now)) return false;
  endWake(state);
  return true;
}

/** What {@link advance} did: `announce` and `wake` have to be delivered, others than `none` stored. */
export type Step = "none" | "changed" | "announce" | "wake";

/** Does what is due: ends a lease, begins a wake, or announces again one that nobody claimed. */
export async function advance(
  state: SubscriptionState,
  tailOf: TailOf,
  now: number,
): Promise<Step> {
  const hasEnded = endExpired(state, now);
  // A wake is in flight, or a back-off lasts.
  if (state.nextAttemptAt === null ? state.wakeId !== null : state.nextAttemptAt > now) {
    return hasEnded ? "changed" : "none";
  }
  if ((await findPending(state, tailOf)) === undefined) {
    if (state.nextAttemptAt === null) return hasEnded ? "changed" : "none";
    // The streams that it was about are gone.
    endWake(state);
    return "changed";
  }
  if (state.wakeId === null) {
    await beginWake(state, tailOf, now);
    return "wake";
  }
  state.nextAttemptAt = now + backoffDelayMs(state.retries++, backoff);
  return "announce";
}

export function link(
  state: SubscriptionState,
  path: string,
  kind: "explicit" | "glob",
  acked: number,
): boolean {
  const existing = state.links[path];
  if (existing?.[kind]) return false;
  const fresh: SubscriptionLink = existing ?? { explicit: false, glob: false, acked };
  state.links[path] = { ...fresh, [kind]: true };
  return true;
}

export function unlink(state: SubscriptionState, path: string): void {
  state.links = byPath(Object.entries(state.links).filter(([name]) => name !== path));
}

/** Up to where there is nothing to process: the cursor, and what an ignored producer wrote after it. */
export function processedTo({ acked, ignored = [] }: SubscriptionLink): number {
  let position = Math.max(acked, 0);
  for (const [start, end] of ignored) if (start <= position) position = Math.max(position, end);
  return position;
}

/** Appends of others lie between any two ranges. Those that are dropped only cost a wake. */
const MAX_IGNORED_RANGES = 100;

export function ignoreRange(
  entry: SubscriptionLink,
  added: { readonly start: number; readonly end: number },
): void {
  const merged: [number, number][] = [];
  const all = [...(entry.ignored ?? []), [added.start, added.end] as [number, number]];
  for (const [start, end] of all.sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else if (end > entry.acked) merged.push([start, end]);
  }
  entry.ignored = merged.slice(-MAX_IGNORED_RANGES);
}

export function linkType({ explicit }: SubscriptionLink): "explicit" | "glob" {
  return explicit ? "explicit" : "glob";
}

export function ackedOffset({ acked }: SubscriptionLink): string {
  return acked < 0 ? "-1" : formatOffset(acked);
}

export async function linkStatuses(
  state: SubscriptionState,
  tailOf: TailOf,
): Promise<LinkStatus[]> {
  return Promise.all(
    Object.entries(state.links).map(async ([path, entry]) => {
      const tail = await tailOf(path);
      return {
        path,
        link_type: linkType(entry),
        acked_offset: ackedOffset(entry),
        tail_offset: formatOffset(tail),
        has_pending: tail > processedTo(entry),
      };
    }),
  );
}

/** Finds a stream with events that nobody has processed, among `paths` or all links. */
export async function findPending(
  state: SubscriptionState,
  tailOf: TailOf,
  paths: Iterable<string> = Object.keys(state.links),
): Promise<string | undefined> {
  for (const path of paths) {
    const entry = state.links[path];
    if (entry && (await tailOf(path)) > processedTo(entry)) return path;
  }
  return undefined;
}

/** Begins a wake: the lease of a webhook begins with it, that of a pull-wake with its claim. */
export async function beginWake(
  state: SubscriptionState,
  tailOf: TailOf,
  now: number,
): Promise<void> {
  state.generation++;
  state.wakeId = `w_${crypto.randomUUID().replaceAll("-", "")}`;
  state.snapshot = byPath();
  for (const path of Object.keys(state.links)) state.snapshot[path] = await tailOf(path);
  state.holder = null;
  if (state.config.type === "webhook") {
    state.leaseUntil = now + state.config.leaseTtlMs;
    state.nextAttemptAt = null;
  } else {
    state.leaseUntil = null;
    state.nextAttemptAt = now + backoffDelayMs(0, backoff);
    state.retries = 1;
  }
}

/** Ends a wake that the webhook did not take: the next one begins after a back-off. */
export function failWake(state: SubscriptionState, now: number): void {
  endWake(state);
  state.status = "failed";
  state.nextAttemptAt = now + backoffDelayMs(state.retries++, backoff);
}

/** Ends the wake: its worker can no longer acknowledge. */
export function endWake(state: SubscriptionState): void {
  state.wakeId = null;
  state.holder = null;
  state.leaseUntil = null;
  state.nextAttemptAt = null;
  state.snapshot = byPath();
}

/** Acknowledges everything that the wake announced. */
export function ackSnapshot(state: SubscriptionState): void {
  for (const [path, tail] of Object.entries(state.snapshot)) {
    const entry = state.links[path];
    if (entry) entry.acked = Math.max(entry.acked, tail);
  }
}

/** @throws SubscriptionError `FENCED` unless the report is about the wake that is in flight */
export function checkFence(
  state: SubscriptionState,
  report: WakeReport,
  tokenGeneration: number,
  now: number,
): void {
  const isCurrent =
    state.wakeId !== null &&
    !hasExpired(state, now) &&
    tokenGeneration === state.generation &&
    report.generation === state.generation &&
    report.wakeId === state.wakeId;
  if (!isCurrent) throw new SubscriptionError("FENCED", "This wake has ended.");
}

/** Moves cursors forward, all or none of them. */
export async function applyAcks(
  state: SubscriptionState,
  { acks }: WakeReport,
  tailOf: TailOf,
): Promise<void> {
  const positions = new Map<SubscriptionLink, number>();
  for (const { stream, offset } of acks) {
    const entry = state.links[stream];
    const position = parseOffset(offset);
    if (!entry) throw refusedAck(`${stream} does not belong to this subscription.`);
    if (position === undefined) throw refusedAck(`${offset} is not an offset of ${stream}.`);
    if (position < entry.acked)
      throw refusedAck(`${stream} is already acknowledged beyond ${offset}.`);
    if (position > (await tailOf(stream))) throw refusedAck(`${stream} ends before ${offset}.`);
    positions.set(entry, position);
  }
  for (const [entry, position] of positions) entry.acked = position;
}

function refusedAck(message: string): SubscriptionError {
  return new SubscriptionError("INVALID_OFFSET", message);
}
