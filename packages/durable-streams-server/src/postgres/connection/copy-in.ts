import type { PostgresStatements } from "./postgres-client.ts";

/** So much is given to the connection at a time, in bytes. */
const CHUNK_BYTES = 256 * 1024;

/** One row of the table of data. */
export interface DataRow {
  readonly streamId: number;
  readonly end: number;
  readonly data: Uint8Array;
}

/**
 * Inserts data with COPY, in PostgreSQL's binary format: the parameters of a statement are text for
 * postgres.js, twice as long. An error of its last part is one of the statement that follows (25P02).
 *
 * @returns `false` if the client cannot do that, and nothing was sent
 */
export async function copyIn(
  connection: PostgresStatements,
  schema: string,
  rows: readonly DataRow[],
): Promise<boolean> {
  const query = connection.unsafe(
    `COPY ${schema}.data (stream_id, end_position, bytes) FROM STDIN (FORMAT binary)`,
  );
  if (!query.writable) return false;
  const stream = await query.writable();
  const errors: Error[] = [];
  stream.on("error", (error) => errors.push(error));
  for (const chunk of copyChunks(rows)) {
    await new Promise<void>((resolve, reject) => {
      stream.write(chunk, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
  stream.end();
  // The end is sent in a later turn of the event loop, and no statement may be before.
  await new Promise((resolve) => setImmediate(resolve));
  if (errors[0]) throw errors[0];
  return true;
}

/** https://www.postgresql.org/docs/current/sql-copy.html (File Formats, Binary Format) */
function* copyChunks(rows: readonly DataRow[]): Generator<Uint8Array> {
  const header = Buffer.alloc(19);
  header.write("PGCOPY\n\xff\r\n\0", "latin1");
  yield header;
  for (const { streamId, end, data } of rows) {
    const row = Buffer.alloc(2 + 12 + 12 + 4);
    row.writeInt16BE(3, 0);
    row.writeInt32BE(8, 2);
    row.writeBigInt64BE(BigInt(streamId), 6);
    row.writeInt32BE(8, 14);
    row.writeBigInt64BE(BigInt(end), 18);
    row.writeInt32BE(data.byteLength, 26);
    yield row;
    for (let start = 0; start < data.byteLength; start += CHUNK_BYTES) {
      yield data.subarray(start, start + CHUNK_BYTES);
    }
  }
  yield Buffer.from([0xff, 0xff]);
}
