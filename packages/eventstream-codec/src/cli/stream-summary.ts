import { readEnvelope, type Envelope } from "../frame/envelope.ts";
import type { Frame } from "./format-frame.ts";
import { terminalText } from "./terminal-text.ts";

/** Counts the frames of a stream by type. */
export class StreamSummary {
  #frames = 0;
  #bytes = 0;
  readonly #messages = new Map<string, number>();

  add({ byteLength, message }: Frame): void {
    this.#frames++;
    this.#bytes += byteLength;
    const name = nameOf(readEnvelope(message));
    this.#messages.set(name, (this.#messages.get(name) ?? 0) + 1);
  }

  /** Returns the totals, then one line per message type, the most frequent first. */
  toString(): string {
    const byCount = [...this.#messages].sort(([, a], [, b]) => b - a);
    return [
      `${this.#frames} frames, ${this.#bytes} bytes`,
      ...byCount.map(([name, count]) => `${String(count).padStart(8)}  ${terminalText(name)}`),
    ].join("\n");
  }

  toJson(): string {
    const messages = Object.fromEntries(this.#messages);
    return terminalText(JSON.stringify({ frames: this.#frames, bytes: this.#bytes, messages }));
  }
}

function nameOf(envelope: Envelope): string {
  switch (envelope.kind) {
    case "event":
      return `event ${envelope.eventType}`;
    case "exception":
      return `exception ${envelope.exceptionType}`;
    case "error":
      return `error ${envelope.errorCode}`;
    case "unknown":
      return `unknown ${envelope.messageType ?? ""}`.trimEnd();
  }
}
