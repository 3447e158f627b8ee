import type { ReceivedEvent } from "./agent-event-parser.ts";

/**
 * Drops what a resumed connection says again. A server that resumes exactly never does; one that answers
 * from the start, or from a position before the one it was asked for, is noticed by the first id it sends.
 *
 * It remembers the first id and the last 10,000, so a connection that stays for days costs no more than
 * one that stays for minutes.
 */
export class ReplayFilter {
  readonly #known = new Set<string>();
  #forgot = false;
  #first: string | undefined;
  #last: string | undefined;
  #mode: "pass" | "check" | "skip" = "pass";

  constructor(lastEventId: string | undefined) {
    if (lastEventId) this.#remember(lastEventId);
  }

  /** A new connection begins, asked to go on after the last id. */
  onConnect(): void {
    this.#mode = this.#last === undefined ? "pass" : "check";
  }

  /**
   * Whether the event is new.
   *
   * @param received - its `id` is undefined until the connection has sent one
   */
  accept({ id }: ReceivedEvent<unknown>): boolean {
    if (!id) return this.#mode !== "skip";
    if (this.#mode === "check") this.#mode = this.#isKnown(id) ? "skip" : "pass";
    // A server that goes on with ids of its own has left the place that it was asked for.
    if (this.#mode === "skip" && !this.#forgot && !this.#isKnown(id)) this.#mode = "pass";
    if (this.#mode === "skip") {
      if (id === this.#last) this.#mode = "pass";
      return false;
    }
    this.#remember(id);
    return true;
  }

  #isKnown(id: string): boolean {
    return id === this.#first || this.#known.has(id);
  }

  #remember(id: string): void {
    if (id === this.#last) return;
    this.#first ??= id;
    this.#last = id;
    this.#known.add(id);
    if (this.#known.size <= maxKnown) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      this.#forgot = true;
      break;
    }
  }
}

const maxKnown = 10_000;
