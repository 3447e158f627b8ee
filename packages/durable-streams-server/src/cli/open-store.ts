import { memoryStore } from "../memory/memory-store.ts";
import type { Logger } from "../store/logger.ts";
import type { StoreMetric } from "../store/store-metric.ts";
import type { Store } from "../store/store.ts";
import type { StoreChoice } from "./serve-arguments.ts";

/** Opens a store. The optional peer of a store is only loaded when the store is chosen. */
export async function openStore(
  choice: StoreChoice,
  logger: Logger,
  onMetric: (metric: StoreMetric) => void,
): Promise<Store> {
  switch (choice.kind) {
    case "memory":
      return memoryStore();
    case "lmdb": {
      const { lmdbStore } = await import("../lmdb/index.ts");
      return lmdbStore({ path: choice.path });
    }
    case "postgres": {
      const { postgresStore } = await import("../postgres/index.ts");
      return postgresStore({ url: choice.url, logger, onMetric });
    }
  }
}
