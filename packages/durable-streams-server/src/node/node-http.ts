type Listener = (...args: unknown[]) => void;

/** The part of Node's IncomingMessage that is used. Named here, so that these types need no others. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: {
    readonly host?: string | undefined;
    readonly [name: string]: string | string[] | undefined;
  };
  readonly socket: object;
  readonly complete: boolean;
  readonly destroyed: boolean;
  on(event: string, listener: Listener): unknown;
  removeAllListeners(event?: string): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** The part of Node's ServerResponse that is used. */
export interface NodeResponse {
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  readonly writableLength: number;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: Record<string, string>): unknown;
  flushHeaders(): void;
  setTimeout(ms: number, listener: () => void): unknown;
  write(chunk: Uint8Array): boolean;
  end(body?: string | Uint8Array): unknown;
  destroy(error?: Error): unknown;
  on(event: string, listener: Listener): unknown;
  once(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}
