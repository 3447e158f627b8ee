import type { ReceivedEvent } from "../wire/agent-event-parser.ts";

/**
 * Drops the events that a resumed connection repeats. A server that resumes exactly repeats none; one that
 * sends the stream from its start, or from an earlier position than requested, is noticed by its first id.
 *
 * It remembers the first id and the last 10,000, so a connection that stays for days costs no more than
 * one that stays for minutes.
 */
export class ReplayFilter {
  readonly #known = new Set<string>();
  #first: string | undefined;
  #last: string | undefined;
  /** Whether the connection is replaying; undefined until its first id shows that. */
  #isReplay: boolean | undefined = false;

  constructor(lastEventId: string | undefined) {
    if (lastEventId) this.#remember(lastEventId);
  }

  /** Reports a new connection, which should continue after the last id. */
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
    // A server that continues with other ids has left the requested position.
    if (this.#isReplay !== false) this.#isReplay = this.#isKnown(id);
    if (!this.#isReplay) {
      this.#remember(id);
      return true;
    }
    if (id === this.#last) this.#isReplay = false;
    return false;
  }

  #isKnown(id: string): boolean {
    // Within a replay that began before the remembered ids, every id counts as known.
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
