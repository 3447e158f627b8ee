/**
 * What a store promises. The three of this package (memory, LMDB, PostgreSQL) and any other promise
 * the same, and the kit of the `/testing` entry checks it:
 *
 * - `create`, `append` and `delete` are each one linearizable step. An `append` validates, stores the
 *   data, the producer state, `Stream-Seq` and the closed flag together or not at all.
 * - A promise resolves when the step is durable; nothing is visible to a reader before that.
 * - An outcome that the protocol defines (a gap, a conflict) is a value. A store that fails throws:
 *   `STORE_FULL` when nothing was kept, `STORE_UNAVAILABLE` when the outcome is unknown.
 *
 * Positions are byte counts from the start of the stream. A fork continues its source's count.
 */

/** A stream as a reader sees it. */
export interface StreamInfo {
  /** Unique per creation: a stream that is deleted and created again has another one. */
  readonly incarnation: string;
  readonly contentType: string;
  /** The position after the last byte. */
  readonly tail: number;
  readonly closed: boolean;
  /** The sliding window, in seconds. */
  readonly ttlSeconds?: number | undefined;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** When the sliding window began, in milliseconds since 1970. */
  readonly accessedAt: number;
}

/** Where a fork leaves its source. */
export interface ForkRequest {
  /** The source's path. */
  readonly path: string;
  /** Where to leave it (default its tail). */
  readonly position?: number | undefined;
  /** How far into the next record: bytes, or JSON messages. */
  readonly subOffset: number;
}

export interface CreateRequest {
  readonly path: string;
  /** The media type as the client wrote it. A fork without one has its source's. */
  readonly contentType?: string | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly closed: boolean;
  /** The first record. JSON messages are joined by commas. */
  readonly data?: Uint8Array | undefined;
  readonly fork?: ForkRequest | undefined;
  /** The most streams that the store may hold afterwards. */
  readonly maxStreams?: number | undefined;
}

export type CreateOutcome =
  | { readonly status: "created" | "exists"; readonly stream: StreamInfo }
  | {
      readonly status:
        | "conflict"
        | "deleted"
        | "source-missing"
        | "source-deleted"
        | "source-content-type"
        | "fork-position-invalid"
        | "sub-offset-invalid"
        | "too-many-streams";
    };

/** The three producer headers. */
export interface Producer {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

export interface AppendRequest {
  readonly path: string;
  /** Must match the stream's, apart from parameters and case. Left out without data. */
  readonly contentType?: string | undefined;
  /** One record. JSON messages are joined by commas. Left out to close only. */
  readonly data?: Uint8Array | undefined;
  readonly close: boolean;
  /** `Stream-Seq`. */
  readonly seq?: string | undefined;
  readonly producer?: Producer | undefined;
  /** The most producers that the stream may have afterwards. */
  readonly maxProducers?: number | undefined;
}

export type AppendOutcome =
  | {
      /** `duplicate`: it was stored before. */
      readonly status: "appended" | "duplicate";
      readonly tail: number;
      /** Whether the stream is closed now. */
      readonly closed: boolean;
      /** With a producer: its highest accepted sequence number. */
      readonly lastSeq?: number | undefined;
    }
  | { readonly status: "missing" | "deleted" | "content-type-mismatch" | "seq-conflict" }
  | { readonly status: "closed"; readonly tail: number }
  | { readonly status: "stale-epoch"; readonly epoch: number }
  | { readonly status: "epoch-not-at-zero" | "too-many-producers" }
  | { readonly status: "sequence-gap"; readonly expected: number };

/** The data of one append. */
export interface DataRecord {
  /** The position after its last byte. */
  readonly end: number;
  readonly data: Uint8Array;
}

export interface ReadRequest {
  readonly path: string;
  /** Where to start; the tail when `"now"`. */
  readonly position: number | "now";
  /** About how many bytes of records to return: at least one record, if there is one. */
  readonly maxBytes: number;
}

export type ReadOutcome =
  | {
      readonly status: "ok";
      readonly stream: StreamInfo;
      /** Records in order. The first is cut if a byte stream is read from a position within it. */
      readonly records: readonly DataRecord[];
      /** Where the page starts and ends. */
      readonly start: number;
      readonly end: number;
      /** Whether the page ended at the tail when it was read. */
      readonly upToDate: boolean;
      /**
       * When a reader must `touch` the stream to keep it, as `performance.now()` and told by the store's own
       * clock; `Infinity` without a sliding window.
       */
      readonly touchDueAt: number;
    }
  | { readonly status: "missing" | "deleted" | "position-invalid" };

export type HeadOutcome =
  | { readonly status: "ok"; readonly stream: StreamInfo }
  | { readonly status: "missing" | "deleted" };

export type DeleteOutcome = "removed" | "kept-for-forks" | "missing" | "deleted";

export interface ListRequest {
  /** The start of the paths. */
  readonly prefix: string;
  /** The path after which the list begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** One entry of {@link Store.list}. */
export interface ListedStream {
  readonly path: string;
  readonly tail: number;
}

/** A small durable document with compare-and-set, for state next to the streams (subscriptions). */
export interface StoredDocument {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** Grows with every write to the store. */
  readonly version: number;
}

/** Narrows {@link DocumentStore.list}. */
export interface ListDocumentsOptions {
  /** The key after which the list begins. */
  readonly after?: string | undefined;
  /** The most documents to list. */
  readonly limit?: number | undefined;
  /** The version after which a document was written. */
  readonly changedAfter?: number | undefined;
}

export interface DocumentStore {
  get(key: string): Promise<StoredDocument | undefined>;
  /**
   * Lists the documents whose keys begin with `prefix`, in key order. With `changedAfter` it costs
   * about as much as there are such documents: subscriptions poll with it every second.
   */
  list(prefix: string, options?: ListDocumentsOptions): Promise<readonly StoredDocument[]>;
  /**
   * Writes or removes the document if its version is the expected one.
   *
   * @param value - `undefined` removes the document
   * @param expected - `undefined` if the document must not exist
   * @returns the new version (0 after a removal), or `undefined` if the version was another one
   */
  set(
    key: string,
    value: string | undefined,
    expected: number | undefined,
  ): Promise<number | undefined>;
}

/** Where streams live. The top of this file lists what it promises. */
export interface Store {
  create(request: CreateRequest): Promise<CreateOutcome>;
  append(request: AppendRequest): Promise<AppendOutcome>;
  read(request: ReadRequest): Promise<ReadOutcome>;
  head(path: string): Promise<HeadOutcome>;
  /** Restarts the sliding window of a stream. Without one it does nothing. */
  touch(path: string): Promise<void>;
  delete(path: string): Promise<DeleteOutcome>;
  /** Lists the streams that a client could read, in path order. */
  list(request: ListRequest): Promise<readonly ListedStream[]>;
  /**
   * Calls `listener` soon after the stream at `path` may have changed. This is a hint: it carries no
   * data, it may come without a change, and a lost one costs latency only.
   *
   * @returns a function that removes the listener
   */
  subscribe(path: string, listener: () => void): () => void;
  readonly documents: DocumentStore;
  /** Finishes the operations under way, then ends background work and connections. */
  close(): Promise<void>;
}
