import type { Logger } from "../../store/logger.ts";
import type { Store } from "../../store/store.ts";
import type { LiveReaders } from "./live-readers.ts";

/** What the operations that read streams work with. */
export interface ReadContext {
  readonly store: Store;
  readonly liveReaders: LiveReaders;
  readonly longPollTimeoutMs: number;
  readonly sseMaxAgeMs: number;
  readonly pageBytes: number;
  /** Whether caches that many users share may keep responses. */
  readonly isPublic: boolean;
  readonly logger: Logger | undefined;
}
