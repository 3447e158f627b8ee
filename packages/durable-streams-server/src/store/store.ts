/**
 * What a store is: where streams live. The three of this package (memory, LMDB, PostgreSQL) and any
 * other one promise the same, and the kit of the `/testing` entry checks it:
 *
 * - `create`, `append` and `delete` are each one linearizable step. An `append` validates, stores the
 *   data, the producer state, `Stream-Seq` and the closed flag together or not at all.
 * - A promise resolves when the step is durable; nothing is visible to a reader before that.
 * - An outcome that is a matter of the protocol (a gap, a conflict) is a value. A store that fails
 *   throws: `STORE_FULL` when nothing was kept, `STORE_UNAVAILABLE` when it cannot tell.
 *
 * Positions are byte counts from the start of the stream. A fork continues its source's count.
 */

/** A stream as a reader sees it. */
export interface StreamInfo {
  /** Unique for each creation: a stream that is deleted and made again has another one. */
  readonly incarnation: string;
  readonly contentType: string;
  /** The position after the last byte. */
  readonly tail: number;
  readonly closed: boolean;
  /** The sliding window, in seconds. */
  readonly ttlSeconds?: number | undefined;
  /** The absolute end, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** When the sliding window began, in milliseconds since 1970. */
  readonly accessedAt: number;
}

/** Where a fork leaves its source. */
export interface ForkRequest {
  /** The source's path. */
  readonly path: string;
  /** Where to leave it; its tail when left out. */
  readonly position?: number | undefined;
  /** How far into the next record: bytes, or JSON messages. */
  readonly subOffset: number;
}

export interface CreateRequest {
  readonly path: string;
  /** The media type as the client wrote it. Left out: the fork's source has it. */
  readonly contentType?: string | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly closed: boolean;
  /** The first record; JSON messages are joined by commas. */
  readonly data?: Uint8Array | undefined;
  readonly fork?: ForkRequest | undefined;
  /** The most streams that the store may hold after this. */
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
  /** Must be the stream's, but for parameters and case. Left out where there is no data. */
  readonly contentType?: string | undefined;
  /** One record; JSON messages are joined by commas. Left out: only close. */
  readonly data?: Uint8Array | undefined;
  readonly close: boolean;
  /** `Stream-Seq`. */
  readonly seq?: string | undefined;
  readonly producer?: Producer | undefined;
  /** The most producers that the stream may know after this. */
  readonly maxProducers?: number | undefined;
}

export type AppendOutcome =
  | {
      /** `duplicate`: it was stored before. `closed` in both tells whether the stream is now. */
      readonly status: "appended" | "duplicate";
      readonly tail: number;
      readonly closed: boolean;
      /** With a producer: the highest sequence number that was accepted. */
      readonly lastSeq?: number | undefined;
    }
  | { readonly status: "missing" | "deleted" | "content-type-mismatch" | "seq-conflict" }
  | { readonly status: "closed"; readonly tail: number }
  | { readonly status: "stale-epoch"; readonly epoch: number }
  | { readonly status: "epoch-not-at-zero" | "too-many-producers" }
  | { readonly status: "sequence-gap"; readonly expected: number };

/** What one append stored. */
export interface DataRecord {
  /** The position after its last byte. */
  readonly end: number;
  readonly data: Uint8Array;
}

export interface ReadRequest {
  readonly path: string;
  /** Where to start; the tail when `"now"`. */
  readonly position: number | "now";
  /** How many bytes of records to give. At least one record is given where there is one. */
  readonly maxBytes: number;
}

export type ReadOutcome =
  | {
      readonly status: "ok";
      readonly stream: StreamInfo;
      /** Records in order. The first one is cut where a byte stream is read from within it. */
      readonly records: readonly DataRecord[];
      /** Where the page starts and ends. */
      readonly start: number;
      readonly end: number;
      /** Nothing was left beyond `end` when this was read. */
      readonly upToDate: boolean;
    }
  | { readonly status: "missing" | "deleted" | "position-invalid" };

export type HeadOutcome =
  | { readonly status: "ok"; readonly stream: StreamInfo }
  | { readonly status: "missing" | "deleted" };

export type DeleteOutcome = "removed" | "kept-for-forks" | "missing" | "deleted";

/** One entry of {@link Store.list}. */
export interface ListedStream {
  readonly path: string;
  readonly tail: number;
}

/** A small durable document with compare-and-set, for state beside the streams (subscriptions). */
export interface StoredDocument {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** Changes with every write. */
  readonly version: number;
}

export interface DocumentStore {
  get(key: string): Promise<StoredDocument | undefined>;
  list(prefix: string): Promise<readonly StoredDocument[]>;
  /**
   * Writes (`value`) or removes (`undefined`) the document if its version is `expected`; `undefined`
   * means that it must not exist.
   *
   * @returns the new version (0 after a removal), or `undefined` if somebody else was faster
   */
  set(
    key: string,
    value: string | undefined,
    expected: number | undefined,
  ): Promise<number | undefined>;
}

/** Where streams live. See the top of this file for what it promises. */
export interface Store {
  create(request: CreateRequest): Promise<CreateOutcome>;
  append(request: AppendRequest): Promise<AppendOutcome>;
  read(request: ReadRequest): Promise<ReadOutcome>;
  head(path: string): Promise<HeadOutcome>;
  /** Starts the sliding window again. Does nothing for streams without one. */
  touch(path: string): Promise<void>;
  delete(path: string): Promise<DeleteOutcome>;
  /** Streams that a client could read, in path order, after the path `after`. */
  list(options: {
    readonly prefix: string;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly ListedStream[]>;
  /**
   * Calls `listener` soon after the stream at `path` may have changed. A hint: it carries no data, it
   * may come without a change, and a lost one costs latency only.
   *
   * @returns stops it
   */
  subscribe(path: string, listener: () => void): () => void;
  readonly documents: DocumentStore;
  /** Ends background work and connections. Operations under way are finished first. */
  close(): Promise<void>;
}
