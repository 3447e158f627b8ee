import { ChangeHub } from "../store/change-hub.ts";
import { disposable, type DisposableStore } from "../store/disposable-store.ts";
import { DurableStreamsServerError } from "../store/errors.ts";
import { DEFAULT_EXPIRY_GRACE_MS, ExpiryGrace } from "../store/expiry-grace.ts";
import { expectOptions, gracePeriod, timerInterval } from "../store/options.ts";
import { headOf, readChain } from "../store/read-chain.ts";
import { applyAppend } from "../store/rules/append.ts";
import { applyCreate } from "../store/rules/create.ts";
import { applyDelete } from "../store/rules/delete.ts";
import { applyTouch } from "../store/rules/touch.ts";
import { Sweeper, type SweepSteps } from "../store/sweeper.ts";
import { MemoryDocuments } from "./memory-documents.ts";
import { MemoryStreams } from "./memory-streams.ts";

export interface MemoryStoreOptions {
  /** How often expired streams are removed, in milliseconds (default 60,000). */
  sweepIntervalMs?: number | undefined;
  /**
   * How long the data of an expired stream is kept, in milliseconds (default 600,000). Nobody can read it
   * then; but if the clock was wrong and is put right within that time, the stream is back.
   */
  expiryGraceMs?: number | undefined;
}

/**
 * Keeps streams in memory, for tests and for data that may end with the process.
 *
 * @throws DurableStreamsServerError `INVALID_OPTION`
 * @example
 * ```ts
 * import { createDurableStreams, memoryStore } from "@freshet/durable-streams-server";
 *
 * const streams = createDurableStreams({ store: memoryStore() });
 * const response = await streams.fetch(new Request("http://localhost/hello", { method: "PUT" }));
 * console.log(response.status); // 201
 * await streams.close();
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): DisposableStore {
  expectOptions<MemoryStoreOptions>(options, {
    sweepIntervalMs: timerInterval,
    expiryGraceMs: gracePeriod,
  });
  const memory = new MemoryStreams();
  const changes = new ChangeHub();
  const grace = new ExpiryGrace(options.expiryGraceMs ?? DEFAULT_EXPIRY_GRACE_MS);
  const sweeper = new Sweeper(sweepSteps(memory, grace), options.sweepIntervalMs ?? 60_000);
  let isClosed = false;

  // Async functions, so that errors in them reject; nothing in them waits.
  const step = async <Outcome>(path: string, apply: () => Outcome): Promise<Outcome> => {
    if (isClosed) throw new DurableStreamsServerError("STORE_CLOSED", "The store is closed.");
    sweeper.start();
    const outcome = apply();
    changes.notify(path);
    return Promise.resolve(outcome);
  };
  return disposable({
    create: (request) => step(request.path, () => applyCreate(memory, request, Date.now())),
    append: (request) => step(request.path, () => applyAppend(memory, request, Date.now())),
    delete: (path) => step(path, () => applyDelete(memory, path, Date.now())),
    touch: (path) => {
      applyTouch(memory, path, Date.now());
      return Promise.resolve();
    },
    head: (path) => Promise.resolve(headOf(memory.byPath(path), Date.now())),
    read: (request) => readChain(memory, memory.byPath(request.path), request, Date.now()),
    list: ({ prefix, after = "", limit }) =>
      Promise.resolve(memory.list(prefix, after, limit, Date.now())),
    subscribe: (path, listener) => changes.subscribe(path, listener),
    documents: new MemoryDocuments(),
    close: async () => {
      isClosed = true;
      await sweeper.stop();
    },
  });
}

/** Everything that is due goes in one step, and its data with it. */
function sweepSteps(memory: MemoryStreams, grace: ExpiryGrace): SweepSteps {
  return {
    expire: () => {
      memory.sweep(grace.cutoff(Date.now()));
      return Promise.resolve(false);
    },
    free: () => Promise.resolve(false),
  };
}
