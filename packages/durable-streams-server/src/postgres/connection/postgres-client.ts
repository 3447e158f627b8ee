type Rows = readonly Readonly<Record<string, unknown>>[];

/** What COPY FROM STDIN is sent to. */
interface CopyStream {
  write(chunk: Uint8Array, done: (error?: Error | null) => void): unknown;
  end(): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface PendingStatement extends PromiseLike<Rows> {
  writable?(): Promise<CopyStream>;
}

/** Runs one statement, on any connection or inside a transaction. */
export interface PostgresStatements {
  unsafe(
    text: string,
    values?: (string | number | null)[],
    options?: { prepare?: boolean },
  ): PendingStatement;
}

/** The part of a postgres.js client that is used. Named here, so that these types need no others. */
export interface PostgresClient extends PostgresStatements {
  begin(work: (connection: PostgresStatements) => Promise<unknown>): Promise<unknown>;
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListen?: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>;
  end(options?: { timeout?: number }): Promise<void>;
}
