import { ignoreRejection } from "@freshet/core";
import type { ConnectionPool } from "../connection/connection-pool.ts";

/** How long UNLISTEN may take, in milliseconds. */
const UNLISTEN_TIMEOUT_MS = 1000;

/** When LISTEN is tried again after a failure, in milliseconds. */
const RETRY_MS = 1000;

export interface NotifyChannelHandlers {
  readonly onPayload: (payload: string) => void;
  /** Called when notifications may have been missed: at the start, and after a lost connection. */
  readonly onGap: () => void;
}

interface Listening {
  unlisten(): Promise<void>;
}

/** LISTEN on one channel, for as long as the store is open, on whatever pool there is. */
export class NotifyChannel {
  readonly name: string;
  readonly #pool: ConnectionPool;
  readonly #handlers: NotifyChannelHandlers;
  #listening: Promise<Listening | undefined> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(pool: ConnectionPool, name: string, handlers: NotifyChannelHandlers) {
    this.name = name;
    this.#pool = pool;
    this.#handlers = handlers;
    pool.onReplaced = () => {
      if (!this.#listening) return;
      this.#listening = undefined;
      this.listen();
    };
  }

  /** Starts to listen. Only the first call has an effect. */
  listen(): void {
    if (!this.#isClosed) this.#listening ??= this.#start();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    const unlistened = this.#listening?.then((listening) => listening?.unlisten());
    // A database that is gone does not respond. The end of the pool then ends LISTEN.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, UNLISTEN_TIMEOUT_MS);
    });
    await Promise.race([unlistened?.catch(ignoreRejection), silence]);
    clearTimeout(timer);
  }

  async #start(): Promise<Listening | undefined> {
    const { client } = this.#pool;
    const { onPayload, onGap } = this.#handlers;
    try {
      return await client.listen(this.name, onPayload, onGap);
    } catch {
      if (client !== this.#pool.client) return undefined;
      // The database is away. Until it is back, readers read when their wait ends.
      this.#listening = undefined;
      if (!this.#isClosed) this.#retryTimer = setTimeout(() => this.listen(), RETRY_MS);
      return undefined;
    }
  }
}
