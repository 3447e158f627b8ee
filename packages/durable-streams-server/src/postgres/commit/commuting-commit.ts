import type { StreamRecord } from "../../store/stream-record.ts";
import type { Database } from "../connection/database.ts";
import { isConflict, isRefusal } from "../connection/postgres-errors.ts";
import type { ChangeNotifications } from "../notifications/change-notifications.ts";
import { tryApply, type AppliedBatch, type Mutations } from "./apply-batch.ts";
import { commutingWrite, type Addition } from "./commuting-write.ts";
import { loadedStream, producerKey, type LoadedRows } from "./loaded-rows.ts";
import type { Outcomes } from "./optimistic-commit.ts";
import type { RowCache } from "./row-cache.ts";

/**
 * Commits appends to a stream that other processes append to as well: one statement in one round trip.
 * Appends of different producers commute, so what others have appended since does not matter; the
 * statement itself checks whatever could matter. Everything else is left for a locked commit.
 */
export class CommutingCommit {
  readonly #database: Database;
  readonly #notifications: ChangeNotifications;
  readonly #cache: RowCache;

  constructor(database: Database, notifications: ChangeNotifications, cache: RowCache) {
    this.#database = database;
    this.#notifications = notifications;
    this.#cache = cache;
  }

  /**
   * @param mutations - of one stream
   * @param rows - as they were some time ago
   */
  async commit(mutations: Mutations, rows: LoadedRows): Promise<Outcomes> {
    const outcomes: Outcomes = new Map();
    const now = this.#database.clock.now();
    const applied = now === undefined ? undefined : tryApply(mutations, rows, now);
    const before = [...rows.byId.values()][0]?.record;
    const addition = applied && before && additionOf(applied, rows, before);
    if (!addition) return outcomes;
    const row = await this.#write(addition, applied);
    if (!row) return outcomes;
    const shift = Number(row["start"]) - before.tail;
    for (const [index, mutation] of mutations.entries()) {
      outcomes.set(mutation, mutation.moved?.(applied.outcomes[index], shift));
    }
    this.#cache.keepAddition(loadedStream(row), addition);
    this.#notifications.notify(applied.changed);
    return outcomes;
  }

  async #write(addition: Addition, { changed }: AppliedBatch) {
    const notification = this.#notifications.notificationOf(changed);
    const { text, values } = commutingWrite(this.#database.schema, addition, notification);
    try {
      const [row] = await this.#database.run(text, values);
      return row;
    } catch (error) {
      if (isConflict(error) || isRefusal(error)) return undefined;
      throw error;
    }
  }
}

/** What a batch adds to its stream, if it changes nothing else and every mutation of it is an append. */
function additionOf(
  { tx, outcomes, mutations }: AppliedBatch,
  rows: LoadedRows,
  before: StreamRecord,
): Addition | undefined {
  const after = tx.puts.get(before.id);
  const isOnlyLonger = after && isSameBut(after, before, "tail") && tx.puts.size === 1;
  if (!isOnlyLonger || tx.removed.size > 0) return undefined;
  if (outcomes.some((outcome, index) => !mutations[index]?.moved?.(outcome, 0))) return undefined;
  const producers: Addition["producers"][number][] = [];
  for (const { streamId, id, state } of tx.newProducers.values()) {
    const known = rows.producers.get(producerKey(streamId, id));
    if (!known) return undefined;
    producers.push({ id, before: known, after: state });
  }
  const data = tx.newData.map(({ record }) => ({ ...record, end: record.end - before.tail }));
  return { streamId: before.id, data, length: after.tail - before.tail, producers };
}

function isSameBut(a: StreamRecord, b: StreamRecord, except: keyof StreamRecord): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof StreamRecord>;
  return [...keys].every((key) => key === except || a[key] === b[key]);
}
