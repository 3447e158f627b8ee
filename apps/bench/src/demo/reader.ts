import { connectAgentStream } from "@freshet/agent-sse";

/** What one reader got. */
export interface ReaderResult {
  /** From the frame that was sent last to the event it is in at the reader, in milliseconds. */
  readonly newestMs: readonly number[];
  /** The same for every token, which includes the time that tokens wait for each other. */
  readonly tokenMs: readonly number[];
  /** How many different tokens. */
  readonly distinct: number;
  readonly reconnects: number;
  readonly errors: readonly string[];
}

/** Reads one conversation to its end; `cut` breaks the connection of the moment. */
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
      fetch: (input, init = {}) => this.#fetch(String(input), init),
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

  /** A connection that can be broken from here: the socket goes, and the body ends with an error. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const socket = new AbortController();
    init.signal?.addEventListener("abort", () => socket.abort(init.signal?.reason), { once: true });
    this.#cut = () => socket.abort(new TypeError("cut by the bench"));
    return fetch(url, { ...init, signal: socket.signal });
  }
}
