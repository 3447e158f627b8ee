import type { ReceivedEvent } from "../wire/agent-event-parser.ts";

/**
 * Drops what a resumed connection says again. A server that resumes exactly never does; one that answers
 * from the start, or from a position before the one it was asked for, is noticed by the first id it sends.
 *
 * It remembers the first id and the last 10,000, so a connection that stays for days costs no more than
 * one that stays for minutes.
 */
export class ReplayFilter {
  readonly #known = new Set<string>();
  #first: string | undefined;
  #last: string | undefined;
  /** Whether what comes is a replay; undefined until the first id of a connection shows it. */
  #isReplay: boolean | undefined = false;

  constructor(lastEventId: string | undefined) {
    if (lastEventId) this.#remember(lastEventId);
  }

  /** A new connection begins, asked to go on after the last id. */
  onConnect(): void {
    this.#isReplay = undefined;
  }

  /**
   * Whether the event is new.
   *
   * @param received - its `id` is undefined until the connection has sent one
   */
  accept({ id }: ReceivedEvent<unknown>): boolean {
    if (!id) return !this.#isReplay;
    // A server that goes on with ids of its own has left the place that it was asked for.
    if (this.#isReplay !== false) this.#isReplay = this.#isKnown(id);
    if (!this.#isReplay) {
      this.#remember(id);
      return true;
    }
    if (id === this.#last) this.#isReplay = false;
    return false;
  }

  #isKnown(id: string): boolean {
    // Within a replay that began before what is remembered, everything is known.
    const forgot = this.#known.size === maxKnown;
    return id === this.#first || this.#known.has(id) || (forgot && this.#isReplay === true);
  }

  #remember(id: string): void {
    if (id === this.#last) return;
    this.#first ??= id;
    this.#last = id;
    if (this.#known.size === maxKnown) {
      const [oldest = ""] = this.#known;
      this.#known.delete(oldest);
    }
    this.#known.add(id);
  }
}

const maxKnown = 10_000;
