import { expiryOf } from "../../store/lifetime.ts";
import type { StreamRecord } from "../../store/stream-record.ts";
import { bytesLiteral, numbersLiteral, textsLiteral } from "../connection/array-literal.ts";
import type { Row, Value } from "../connection/connection-pool.ts";
import { isLayoutCurrent, nowMs } from "../connection/database.ts";
import type { Notification } from "../notifications/change-notifications.ts";
import type { BatchTransaction } from "./batch-transaction.ts";
import type { LoadedRows } from "./loaded-rows.ts";

/** One statement and its values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
}

/** When the row of a stream expires; `null` for never. */
function expiry(record: StreamRecord): number | null {
  const end = record.deleted ? Infinity : expiryOf(record);
  return end === Infinity ? null : Math.ceil(end);
}

const streamColumns = "id, path, version, tail, expiry, record";

const streamValues = (first: number) =>
  `unnest($${first}::text::bigint[], $${first + 1}::text::text[], $${first + 2}::text::bigint[],
          $${first + 3}::text::bigint[], $${first + 4}::text::bigint[], $${first + 5}::text::text[])
   AS input (${streamColumns})`;

const dataValues = (first: number) =>
  `unnest($${first}::text::bigint[], $${first + 1}::text::bigint[], $${first + 2}::text::bytea[])
   AS input (stream_id, end_position, bytes)`;

const producerValues = (first: number) =>
  `unnest($${first}::text::bigint[], $${first + 1}::text::text[], $${first + 2}::text::bigint[],
          $${first + 3}::text::bigint[])
   AS input (stream_id, producer_id, epoch, last_seq)`;

const onProducerConflict = `ON CONFLICT (stream_id, producer_id)
  DO UPDATE SET epoch = excluded.epoch, last_seq = excluded.last_seq`;

/** What a statement writes. */
export interface Write {
  readonly tx: BatchTransaction;
  /** The data of the batch that is not written yet. */
  readonly data: BatchTransaction["newData"];
  readonly rows: LoadedRows;
  readonly notification: Notification;
}

function values({ tx, data, rows, notification: { channel, payload } }: Write): Value[] {
  const puts = [...tx.puts.values()];
  const producers = [...tx.newProducers.values()];
  return [
    numbersLiteral(puts.map(({ id }) => id)),
    textsLiteral(puts.map(({ path }) => path)),
    numbersLiteral(puts.map(({ id }) => rows.nextVersion(id))),
    numbersLiteral(puts.map(({ tail }) => tail)),
    numbersLiteral(puts.map(expiry)),
    textsLiteral(puts.map((record) => JSON.stringify(record))),
    numbersLiteral(data.map(({ streamId }) => streamId)),
    numbersLiteral(data.map(({ record }) => record.end)),
    bytesLiteral(data.map(({ record }) => record.data)),
    numbersLiteral(producers.map(({ streamId }) => streamId)),
    textsLiteral(producers.map(({ id }) => id)),
    numbersLiteral(producers.map(({ state }) => state.epoch)),
    numbersLiteral(producers.map(({ state }) => state.lastSeq)),
    channel,
    payload,
  ];
}

/**
 * The statements that write a batch whose rows this transaction has locked. New streams are inserted;
 * one that another process created in the meantime is a unique violation, and a conflict.
 */
export function lockedWrite(schema: string, written: Write): Statement[] {
  const { tx } = written;
  const removed = numbersLiteral([...tx.removed.keys()]);
  const removal: Statement[] = [
    {
      text: `WITH gone AS (DELETE FROM ${schema}.streams WHERE id = ANY ($1::text::bigint[]))
             INSERT INTO ${schema}.garbage SELECT unnest($1::text::bigint[])`,
      values: [removed],
    },
  ];
  const write: Statement = {
    text: `
      WITH put AS (
        INSERT INTO ${schema}.streams (${streamColumns}) SELECT * FROM ${streamValues(1)}
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, tail = excluded.tail,
          expiry = excluded.expiry, record = excluded.record
      ), data AS (
        INSERT INTO ${schema}.data (stream_id, end_position, bytes) SELECT * FROM ${dataValues(7)}
      ), producers AS (
        INSERT INTO ${schema}.producers (stream_id, producer_id, epoch, last_seq)
        SELECT * FROM ${producerValues(10)} ${onProducerConflict}
      )
      SELECT CASE WHEN $15 = '' THEN NULL ELSE pg_notify($14, $15) END`,
    values: values(written),
  };
  // A path can be used again in the batch that freed it.
  return tx.removed.size > 0 ? [...removal, write] : [write];
}

/**
 * The statement that writes a batch made from cached rows, without a lock held before. Streams whose
 * version is no longer the cached one, or that have expired, keep what they have, data and producers
 * included, and are missing in the result. So are all of them if the layout is another one now.
 */
export function optimisticWrite(schema: string, written: Write): Statement {
  return {
    text: `
      WITH input AS MATERIALIZED (SELECT * FROM ${streamValues(1)}),
      put AS (
        UPDATE ${schema}.streams SET version = input.version, tail = input.tail,
          expiry = input.expiry, record = input.record
        FROM input
        WHERE streams.id = input.id AND streams.version = input.version - 1
          AND (streams.expiry IS NULL OR streams.expiry > ${nowMs}) AND ${isLayoutCurrent(schema)}
        RETURNING streams.id
      ), data AS (
        INSERT INTO ${schema}.data (stream_id, end_position, bytes)
        SELECT input.* FROM ${dataValues(7)} JOIN put ON put.id = input.stream_id
      ), producers AS (
        INSERT INTO ${schema}.producers (stream_id, producer_id, epoch, last_seq)
        SELECT input.* FROM ${producerValues(10)} JOIN put ON put.id = input.stream_id
        ${onProducerConflict}
      ), notified AS (SELECT CASE WHEN $15 = '' THEN NULL ELSE pg_notify($14, $15) END)
      SELECT put.id::float8 AS id FROM put, notified`,
    values: values(written),
  };
}

/** The ids of the streams that an {@link optimisticWrite} has written. */
export function writtenIds(rows: readonly Row[]): Set<number> {
  return new Set(rows.map((row) => Number(row["id"])));
}
