import { nonEmptyString, wholeNumber, type OptionRules } from "@freshet/core";
import { ChangeHub } from "../store/change-hub.ts";
import { disposable, type DisposableStore } from "../store/disposable-store.ts";
import { DEFAULT_EXPIRY_GRACE_MS, ExpiryGrace } from "../store/expiry-grace.ts";
import { GroupCommit } from "../store/group-commit.ts";
import {
  appendMutation,
  createMutation,
  deleteMutation,
  touchMutation,
  type Mutation,
} from "../store/mutation.ts";
import { expectOptions, gracePeriod, invalidOption, timerInterval } from "../store/options.ts";
import { Sweeper } from "../store/sweeper.ts";
import { LmdbCommitter } from "./lmdb-committer.ts";
import { LmdbDocuments } from "./lmdb-documents.ts";
import { LmdbReader } from "./lmdb-reader.ts";
import { LmdbSweepSteps } from "./lmdb-sweep-steps.ts";
import { OpenReads } from "./open-reads.ts";
import { openTables } from "./tables.ts";

export interface LmdbStoreOptions {
  /** The folder of the data, created if it does not exist. */
  path: string;
  /** How often expired streams are removed and their space freed, in milliseconds (default 10,000). */
  sweepIntervalMs?: number | undefined;
  /**
   * How long the data of an expired stream is kept, in milliseconds (default 600,000), counted from when
   * this process first sees that it has expired. Nobody can read it then; but if the clock was wrong and
   * is put right within that time, the stream is back.
   */
  expiryGraceMs?: number | undefined;
  /** The initial address space of the map, in bytes. It grows as needed. */
  mapSize?: number | undefined;
}

const rules: OptionRules<LmdbStoreOptions> = {
  path: nonEmptyString,
  sweepIntervalMs: timerInterval,
  expiryGraceMs: gracePeriod,
  mapSize: wholeNumber(1),
};

/**
 * Keeps streams in a folder, in an LMDB environment: durable when acknowledged, with nothing to set up.
 * One process at a time should serve a folder, with one store. Others may write to it without losing
 * anything, but live readers in this process see that late, and everybody here waits while another
 * process holds LMDB's write lock.
 *
 * @throws DurableStreamsServerError `PEER_MISSING` without the package lmdb, `STORE_VERSION` for data
 * of a newer version, `INVALID_OPTION`
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { createDurableStreams } from "@freshet/durable-streams-server";
 * import { lmdbStore } from "@freshet/durable-streams-server/lmdb";
 *
 * const path = await mkdtemp("/tmp/streams-");
 * const streams = createDurableStreams({ store: lmdbStore({ path }) });
 * await streams.close();
 * ```
 */
export function lmdbStore(options: LmdbStoreOptions): DisposableStore {
  expectOptions(options, rules);
  if ((options.path as unknown) === undefined) {
    throw invalidOption("path is missing: expected a folder.");
  }
  const tables = openTables(options.path, options.mapSize);
  const changes = new ChangeHub();
  const committer = new LmdbCommitter(tables, changes);
  const commits = new GroupCommit((mutations) => committer.commit(mutations));
  const grace = new ExpiryGrace(options.expiryGraceMs ?? DEFAULT_EXPIRY_GRACE_MS);
  const steps = new LmdbSweepSteps(tables, commits, grace);
  const sweeper = new Sweeper(steps, options.sweepIntervalMs ?? 10_000);
  const reader = new LmdbReader(tables);
  const documents = new LmdbDocuments(tables, commits);
  const reads = new OpenReads();
  // Both start the sweeper, which a constructor must not.
  const read = <Outcome>(from: (reader: LmdbReader) => Promise<Outcome>) => {
    sweeper.start();
    return reads.run(() => from(reader));
  };
  const run = <Outcome>(mutation: Mutation<Outcome>) => {
    sweeper.start();
    return commits.run(mutation);
  };
  let closing: Promise<void> | undefined;
  return disposable({
    create: (request) => run(createMutation(request)),
    append: (request) => run(appendMutation(request)),
    delete: async (path) => {
      const outcome = await run(deleteMutation(path));
      sweeper.sweep();
      return outcome;
    },
    touch: (path) => run(touchMutation(path)),
    head: (path) => read((from) => from.head(path)),
    read: (request) => read((from) => from.read(request)),
    list: (request) => read((from) => from.list(request)),
    subscribe: (path, listener) => changes.subscribe(path, listener),
    documents: {
      get: (key) => reads.run(() => documents.get(key)),
      list: (prefix) => reads.run(() => documents.list(prefix)),
      set: (key, value, expected) => documents.set(key, value, expected),
    },
    close: () =>
      (closing ??= (async () => {
        await sweeper.stop();
        await commits.close();
        await reads.close();
        // Or a timer of lmdb does it after the end.
        tables.root.resetReadTxn();
        await tables.root.close();
      })()),
  });
}
