/**
 * The rules of wakes and leases, on the state of one subscription.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (section 7)
 */
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

/** When an announcement of a pull-wake is written again unless it was recorded as written. */
const ANNOUNCE_AGAIN_MS = 5000;

export function isIdle(state: SubscriptionState): boolean {
  return state.wakeId === null && state.holder === null;
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
        has_pending: tail > Math.max(entry.acked, 0),
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
    if (entry && (await tailOf(path)) > Math.max(entry.acked, 0)) return path;
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
  state.retries = 0;
  state.holder = null;
  state.leaseUntil = state.config.type === "webhook" ? now + state.config.leaseTtlMs : null;
  state.nextAttemptAt = state.config.type === "webhook" ? null : now + ANNOUNCE_AGAIN_MS;
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
): void {
  const isCurrent =
    state.wakeId !== null &&
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
