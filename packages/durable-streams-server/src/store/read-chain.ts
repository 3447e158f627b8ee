import { isJson } from "../wire/content-type.ts";
import { isExpired, touchTime } from "./lifetime.ts";
import type { DataRecord, HeadOutcome, ReadOutcome, ReadRequest } from "./store.ts";
import { streamInfo, type StreamRecord } from "./stream-record.ts";

/** What {@link readChain} needs of an engine. */
export interface RecordReader {
  byId(id: number): Promise<StreamRecord | undefined> | StreamRecord | undefined;
  /** Records that end after `after` and not after `upTo`: at least one, about `maxBytes` in all. */
  data(
    streamId: number,
    after: number,
    upTo: number,
    maxBytes: number,
  ): Promise<readonly DataRecord[]> | readonly DataRecord[];
}

export function headOf(record: StreamRecord | undefined, now: number): HeadOutcome {
  if (!record) return { status: "missing" };
  if (record.deleted) return { status: "deleted" };
  if (!isExpired(record, now)) return { status: "ok", stream: streamInfo(record) };
  return { status: record.forks > 0 ? "deleted" : "missing" };
}

/**
 * Reads one page of a stream. A fork's data begins in its source, whose data may begin in a source of
 * its own: each is read up to the position where the next fork leaves it.
 */
export async function readChain(
  reader: RecordReader,
  record: StreamRecord | undefined,
  request: Pick<ReadRequest, "position" | "maxBytes">,
  now: number,
): Promise<ReadOutcome> {
  const { status } = headOf(record, now);
  if (status !== "ok" || !record) return { status: status === "deleted" ? status : "missing" };
  const start = request.position === "now" ? record.tail : request.position;
  if (start > record.tail) return { status: "position-invalid" };
  const touchDueAt = performance.now() + touchTime(record) - now;
  const records: DataRecord[] = [];
  let end = start;
  let bytes = 0;
  while (end < record.tail && (records.length === 0 || bytes < request.maxBytes)) {
    const segment = await segmentAt(reader, record, end);
    // The source was removed while it was being read, and this stream with it.
    if (!segment) return { status: "missing" };
    const found = await reader.data(segment.id, end, segment.upTo, request.maxBytes - bytes);
    if (found.length === 0) return { status: "missing" };
    for (const item of found) {
      if (records.length > 0 && bytes + item.data.byteLength > request.maxBytes) {
        return page(record, { records, start, end, touchDueAt });
      }
      records.push(item);
      bytes += item.data.byteLength;
      end = item.end;
    }
    if (end < segment.upTo) break;
  }
  return page(record, { records, start, end, touchDueAt });
}

interface PageParts {
  readonly records: DataRecord[];
  readonly start: number;
  readonly end: number;
  readonly touchDueAt: number;
}

function page(record: StreamRecord, { records, start, end, touchDueAt }: PageParts): ReadOutcome {
  const first = records[0];
  if (first && first.end - first.data.byteLength < start) {
    // Offsets inside a record are given out for text only (see sse.ts): this one was made up.
    if (isJson(record.contentType)) return { status: "position-invalid" };
    records[0] = { end: first.end, data: first.data.subarray(start - first.end) };
  }
  const upToDate = end === record.tail;
  return { status: "ok", stream: streamInfo(record), records, start, end, upToDate, touchDueAt };
}

async function segmentAt(
  reader: RecordReader,
  record: StreamRecord,
  position: number,
): Promise<{ id: number; upTo: number } | undefined> {
  let owner: StreamRecord | undefined = record;
  let upTo = record.tail;
  while (owner?.fork && position < owner.fork.at) {
    upTo = Math.min(upTo, owner.fork.at);
    owner = await reader.byId(owner.fork.sourceId);
  }
  return owner && { id: owner.id, upTo };
}
