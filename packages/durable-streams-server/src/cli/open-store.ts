import { waitForFolder } from "../lmdb/folder-lock.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { DurableStreamsServerError } from "../store/errors.ts";
import type { Logger } from "../store/logger.ts";
import type { StoreMetric } from "../store/store-metric.ts";
import type { Store } from "../store/store.ts";
import type { StoreChoice } from "./serve-arguments.ts";

export interface OpenStoreOptions {
  /** Whether to wait for the process that serves the folder, instead of failing. */
  readonly waitForLock: boolean;
  readonly logger: Logger;
  readonly onMetric: (metric: StoreMetric) => void;
  readonly onSweepFailed: (error: unknown) => void;
}

/** Opens a store. The optional peer of a store is only loaded when the store is chosen. */
export async function openStore(
  choice: StoreChoice,
  { waitForLock, logger, onMetric, onSweepFailed }: OpenStoreOptions,
): Promise<Store> {
  switch (choice.kind) {
    case "memory":
      return memoryStore();
    case "lmdb": {
      const { lmdbStore } = await import("../lmdb/index.ts");
      const { path } = choice;
      for (;;) {
        try {
          return lmdbStore({ path, onSweepFailed });
        } catch (error) {
          const isLocked =
            error instanceof DurableStreamsServerError && error.code === "STORE_LOCKED";
          if (!waitForLock || !isLocked) throw error;
          await waitForFolder(path, ({ pid, host, since }) => {
            logger.info(
              { path, pid, host, since },
              "waiting for the process that serves the folder",
            );
          });
        }
      }
    }
    case "postgres": {
      const { postgresStore } = await import("../postgres/index.ts");
      return postgresStore({ url: choice.url, logger, onMetric, onSweepFailed });
    }
  }
}
