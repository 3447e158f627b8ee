import type { Limits } from "../server/limits.ts";
import type { WaitingRoom } from "./read/live-readers.ts";
import type { Logger } from "../server/options.ts";
import type { Store } from "../store/store.ts";

/** What every operation of the protocol works with. */
export interface ProtocolContext {
  readonly store: Store;
  readonly limits: Limits;
  readonly waitingRoom: WaitingRoom;
  readonly longPollTimeoutMs: number;
  readonly sseMaxAgeMs: number;
  readonly pageBytes: number;
  /** Whether answers may lie in caches that many users share. */
  readonly isPublic: boolean;
  /** The origin that clients know, if it is not that of their requests. */
  readonly publicOrigin: string | undefined;
  readonly logger: Logger | undefined;
  /** Told after data was stored at a path, before the writer is answered. */
  readonly onAppended: (path: string) => void;
  /** Told after a stream was deleted, before the client is. */
  readonly onDeleted: (path: string) => Promise<void> | undefined;
  /** Makes a URL path of this server a stream's path; `undefined` if it is not one. */
  readonly toStreamPath: (pathname: string) => string | undefined;
}
