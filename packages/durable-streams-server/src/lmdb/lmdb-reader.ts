import { headOf, readChain, type RecordReader } from "../store/read-chain.ts";
import type {
  DataRecord,
  HeadOutcome,
  ListedStream,
  ListRequest,
  ReadOutcome,
  ReadRequest,
} from "../store/store.ts";
import type { StreamRecord } from "../store/stream-record.ts";
import { attempt } from "./lmdb-errors.ts";
import type { LmdbTables } from "./tables.ts";

/** The reading side of the store. */
export class LmdbReader implements RecordReader {
  readonly #tables: LmdbTables;

  constructor(tables: LmdbTables) {
    this.#tables = tables;
  }

  head(path: string): Promise<HeadOutcome> {
    const { streams } = this.#tables;
    return attempt(this.#tables.path, () => headOf(streams.get(path), Date.now()));
  }

  read(request: ReadRequest): Promise<ReadOutcome> {
    const { streams } = this.#tables;
    return attempt(this.#tables.path, () =>
      readChain(this, streams.get(request.path), request, Date.now()),
    );
  }

  list(request: ListRequest): Promise<readonly ListedStream[]> {
    return attempt(this.#tables.path, () => this.#list(request));
  }

  byId(id: number): StreamRecord | undefined {
    const path = this.#tables.paths.get(id);
    return path === undefined ? undefined : this.#tables.streams.get(path);
  }

  data(streamId: number, after: number, upTo: number, maxBytes: number): DataRecord[] {
    const found: DataRecord[] = [];
    let bytes = 0;
    const range = { start: [streamId, after + 1], end: [streamId, upTo + 1] };
    for (const { key, value } of this.#tables.data.getRange(range)) {
      found.push({ end: key[1], data: value });
      bytes += value.byteLength;
      if (bytes >= maxBytes) break;
    }
    return found;
  }

  #list({ prefix, after = "", limit }: ListRequest): ListedStream[] {
    const listed: ListedStream[] = [];
    const start = after > prefix ? after : prefix;
    for (const { key, value } of this.#tables.streams.getRange({ start })) {
      if (listed.length >= limit || !key.startsWith(prefix)) break;
      if (key === after || headOf(value, Date.now()).status !== "ok") continue;
      listed.push({ path: key, tail: value.tail });
    }
    return listed;
  }
}
