import { delay } from "@freshet/core";

/** Reads a JSON stream over SSE, coming back after every end, until the stream is closed. */
export class LiveReader {
  readonly #url: string;
  readonly #messages: unknown[] = [];
  readonly #reading: Promise<void>;
  #offset = "-1";
  #isClosed = false;

  constructor(url: string) {
    this.#url = url;
    this.#reading = this.#read();
  }

  async untilClosed(): Promise<unknown[]> {
    await this.#reading;
    return this.#messages;
  }

  async #read(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#readOnce();
      } catch {
        await delay(50);
      }
    }
  }

  async #readOnce(): Promise<void> {
    const response = await fetch(`${this.#url}?live=sse&offset=${this.#offset}`);
    if (!response.ok) throw new Error(`status ${response.status}`);
    const decoder = new TextDecoder();
    let text = "";
    let pending: unknown[] = [];
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const data = event
          .split("\n")
          .filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5))
          .join("\n");
        const value = JSON.parse(data) as unknown;
        if (event.startsWith("event: data")) {
          pending = value as unknown[];
          continue;
        }
        // Only now is it known where the data ends: what came before could come again.
        this.#messages.push(...pending);
        pending = [];
        const control = value as { streamNextOffset: string; streamClosed?: boolean };
        this.#offset = control.streamNextOffset;
        this.#isClosed = control.streamClosed ?? false;
      }
    }
  }
}
