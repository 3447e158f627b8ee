import { connectAgentStream } from "@freshet/agent-sse";
import { type Fetch, linkedAbort } from "@freshet/core";

/** The measurements of one reader. */
export interface ReaderResult {
  /** From sending the newest frame of each event to reading the event, in milliseconds. */
  readonly newestMs: readonly number[];
  /** The same for every token, which includes the time that tokens wait in a batch. */
  readonly tokenMs: readonly number[];
  /** The number of different tokens. */
  readonly distinct: number;
  readonly reconnects: number;
  readonly errors: readonly string[];
}

/** Reads one conversation to its end; `cut` breaks the current connection. */
export class LoadReader {
  readonly result: Promise<ReaderResult>;
  #cut: (() => void) | undefined;
  #isDone = false;

  constructor(url: string) {
    this.result = this.#read(url);
  }

  cut(): void {
    if (!this.#isDone) this.#cut?.();
  }

  async #read(url: string): Promise<ReaderResult> {
    const newestMs: number[] = [];
    const tokenMs: number[] = [];
    const errors: string[] = [];
    const seen = new Set<string>();
    let reconnects = 0;
    const events = connectAgentStream(url, {
      fetch: this.#fetch,
      retry: { initialDelayMs: 20, maxDelayMs: 500 },
      onStateChange: (state) => {
        if (state.status === "open") reconnects = state.reconnects;
      },
    });
    for await (const { event } of events) {
      if (event.type === "error") errors.push(event.message);
      if (event.type !== "token") continue;
      const now = performance.timeOrigin + performance.now();
      for (const token of event.text.trim().split(" ")) {
        const [number = "", sentAt] = token.split("@");
        seen.add(number);
        tokenMs.push(now - Number(sentAt));
      }
      newestMs.push(tokenMs.at(-1) ?? NaN);
    }
    this.#isDone = true;
    return { newestMs, tokenMs, distinct: seen.size, reconnects, errors };
  }

  /** Fetches over a connection that `cut` can break: the socket closes, and the body ends with an error. */
  readonly #fetch: Fetch = (url, init) => {
    const connection = linkedAbort(init?.signal ?? undefined);
    this.#cut = () => connection.abort(new TypeError("cut by the bench"));
    return fetch(url, { ...init, signal: connection.signal });
  };
}
