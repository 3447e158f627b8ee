import type { AppendedRange } from "../../store/appended-range.ts";
import type { Store } from "../../store/store.ts";

/** What the operations that change streams work with. */
export interface WriteContext {
  readonly store: Store;
  /** `limits.bodyBytes` */
  readonly maxBodyBytes: number;
  /** `limits.streams` */
  readonly maxStreams: number;
  /** `limits.producersPerStream` */
  readonly maxProducers: number;
  /** The origin that clients know, unless it is that of their requests. */
  readonly publicOrigin: string | undefined;
  /** Called after data was stored at a path, before the response. */
  readonly onAppended: (path: string, range?: AppendedRange) => void;
  /** Called after a stream was deleted, before the response, which waits for it. */
  readonly onDeleted: (path: string) => Promise<void> | undefined;
  /** The stream's path of a URL path of this server; `undefined` if no stream can be there. */
  readonly toStreamPath: (pathname: string) => string | undefined;
}
