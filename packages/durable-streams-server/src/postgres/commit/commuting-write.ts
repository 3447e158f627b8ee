import { bytesLiteral, numbersLiteral, textsLiteral } from "../connection/array-literal.ts";
import { isLayoutCurrent, nowMs } from "../connection/database.ts";
import type { DataRow } from "../connection/copy-in.ts";
import type { Notification } from "../notifications/change-notifications.ts";
import type { ProducerState } from "../../store/stream-record.ts";
import type { Statement } from "./write-statements.ts";

/** What appends add to a stream, wherever it ends when they are stored. */
export interface Addition {
  readonly streamId: number;
  /** With positions from the end that the stream has then. */
  readonly data: readonly Omit<DataRow, "streamId">[];
  readonly length: number;
  readonly producers: readonly {
    readonly id: string;
    /** What the row must be. */
    readonly before: ProducerState;
    readonly after: ProducerState;
  }[];
}

/**
 * The statement that adds to a stream, whatever others have added since. It writes nothing if the stream
 * has been closed, deleted or has expired, and fails with a division by zero if the state of a producer is
 * another one. Rows that others have just changed are compared as they are now, since they are updated.
 */
export function commutingWrite(
  schema: string,
  { streamId, data, length, producers }: Addition,
  { channel, payload }: Notification,
): Statement {
  const text = `
    WITH put AS (
      UPDATE ${schema}.streams SET version = version + 1, tail = tail + $2::text::bigint,
        record = (record::jsonb || jsonb_build_object('tail', tail + $2::text::bigint))::text
      WHERE id = $1::text::bigint AND NOT (record::jsonb->>'closed')::boolean
        AND NOT (record::jsonb->>'deleted')::boolean
        AND (expiry IS NULL OR expiry > ${nowMs}) AND ${isLayoutCurrent(schema)}
      RETURNING id, tail - $2::text::bigint AS start, version, record
    ), data AS (
      INSERT INTO ${schema}.data (stream_id, end_position, bytes)
      SELECT put.id, put.start + input.length, input.bytes
      FROM unnest($3::text::bigint[], $4::text::bytea[]) AS input (length, bytes), put
    ), producers AS (
      UPDATE ${schema}.producers SET epoch = input.epoch, last_seq = input.last_seq
      FROM unnest($5::text::text[], $6::text::bigint[], $7::text::bigint[], $8::text::bigint[],
        $9::text::bigint[]) AS input (id, epoch, last_seq, old_epoch, old_last_seq), put
      WHERE stream_id = put.id AND producer_id = input.id
        AND producers.epoch = input.old_epoch AND producers.last_seq = input.old_last_seq
      RETURNING 1
    ), notified AS (SELECT CASE WHEN $11 = '' THEN NULL ELSE pg_notify($10, $11) END)
    SELECT start::float8 AS start, version::float8 AS version, record,
      1 / (CASE WHEN (SELECT count(*) FROM producers) = $12::text::bigint THEN 1 ELSE 0 END) AS ok
    FROM put, notified`;
  const values = [
    String(streamId),
    String(length),
    numbersLiteral(data.map(({ end }) => end)),
    bytesLiteral(data.map((record) => record.data)),
    textsLiteral(producers.map(({ id }) => id)),
    numbersLiteral(producers.map(({ after }) => after.epoch)),
    numbersLiteral(producers.map(({ after }) => after.lastSeq)),
    numbersLiteral(producers.map(({ before }) => before.epoch)),
    numbersLiteral(producers.map(({ before }) => before.lastSeq)),
    channel,
    payload,
    String(producers.length),
  ];
  return { text, values };
}
