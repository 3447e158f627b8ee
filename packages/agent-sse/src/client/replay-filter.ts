import { AgentStreamError } from "../wire/error.ts";
import type { ReceivedEvent } from "../wire/agent-event-parser.ts";

type Received = ReceivedEvent<{ type: string }>;

/**
 * Drops the events that a resumed connection repeats. A server that resumes exactly repeats at most the events
 * without ids after the last id; one that sends the stream from its start, or from an earlier position than
 * requested, is noticed by its first id. Events without ids before that id count as new, because they may be.
 *
 * Ids are compared for equality, never by order. It remembers the first id and the last 10,000, so a
 * connection that stays for days costs no more than one that stays for minutes.
 */
export class ReplayFilter {
  /** Ids, with the content of their first event where it is known. */
  readonly #known = new Map<string, string | undefined>();
  #first: string | undefined;
  #last: string | undefined;
  /** The events without an own id after the last id. */
  #tail: string[] = [];
  /** How many of them the connection has repeated. */
  #repeatedTail = 0;
  /** The last id that the connection has sent. */
  #current: string | undefined;
  /**
   * - `new`: all events are new.
   * - `after-last`: the connection has sent no id yet, or the last one of those that it repeats.
   * - `replay`: it repeats known ids.
   */
  #phase: "new" | "after-last" | "replay" = "new";

  constructor(lastEventId: string | undefined) {
    if (lastEventId) this.#remember(lastEventId, undefined);
  }

  /** Reports a new connection, which should continue after the last id. */
  onConnect(): void {
    this.#current = undefined;
    this.#repeatedTail = 0;
    // Without any id the stream begins again, and all of it is new.
    if (this.#last === undefined) this.#tail = [];
    this.#phase = this.#last === undefined ? "new" : "after-last";
  }

  /** Whether an id without an event is new; the position is then after it. */
  moveTo(id: string): boolean {
    if (id === this.#current) return false;
    this.#current = id;
    if (id === "" || this.#known.has(id)) return id === "";
    this.#phase = "new";
    this.#remember(id, undefined);
    return true;
  }

  /**
   * Whether the event is new.
   *
   * @param received - its `id` is undefined until the connection has sent one
   * @throws AgentStreamError `ID_REUSED` for an id that came before with other data
   */
  accept({ event, id }: Received): boolean {
    const content = contentOf(event);
    if (!id || id === this.#current) return this.#acceptWithoutId(event, content);
    this.#current = id;
    return this.#acceptWithId(id, content);
  }

  #acceptWithoutId(event: object, content: string): boolean {
    // A transient event is never kept, so it is never repeated.
    if ("transient" in event && event.transient === true) return true;
    if (this.#phase === "replay") return false;
    if (this.#phase === "after-last") {
      if (content === this.#tail[this.#repeatedTail]) {
        this.#repeatedTail++;
        return false;
      }
      // The server goes on with something else: what it has not repeated does not come any more.
      this.#tail.length = this.#repeatedTail;
      this.#repeatedTail++;
    }
    if (this.#tail.length < maxKnown) this.#tail.push(content);
    return true;
  }

  #acceptWithId(id: string, content: string): boolean {
    const isKnown = this.#known.has(id);
    if (isKnown) this.#checkSame(id, content);
    // A server that continues with other ids has left the requested position.
    if (this.#phase !== "new") this.#phase = this.#isReplayed(id, isKnown) ? "replay" : "new";
    if (this.#phase === "new") {
      this.#remember(id, content);
      return true;
    }
    if (id === this.#last) {
      this.#phase = "after-last";
      this.#repeatedTail = 0;
    }
    return false;
  }

  #checkSame(id: string, content: string): void {
    const before = this.#known.get(id);
    const isRepeated = this.#phase !== "new" && (before === undefined || before === content);
    if (isRepeated || before === content) return;
    throw new AgentStreamError(
      "ID_REUSED",
      `The id ${JSON.stringify(id)} came again with other data: give each event of a stream an id of its own, also over many turns.`,
      { lastEventId: this.#last },
    );
  }

  #isReplayed(id: string, isKnown: boolean): boolean {
    // Within a replay that began before the remembered ids, every id counts as known.
    const forgot = this.#known.size === maxKnown;
    return isKnown || id === this.#first || (forgot && this.#phase === "replay");
  }

  #remember(id: string, content: string | undefined): void {
    if (id === this.#last) return;
    this.#first ??= id;
    this.#last = id;
    this.#tail = [];
    if (this.#known.has(id)) return;
    if (this.#known.size === maxKnown) {
      const [oldest = ""] = this.#known.keys();
      this.#known.delete(oldest);
    }
    this.#known.set(id, content);
  }
}

const maxKnown = 10_000;

/** What tells an event from another: all of a small one; of a large one its length, its start and a hash. */
function contentOf(event: { type: string }): string {
  const { type, text } = event as { type: string; text?: unknown };
  const isText = type === "token" && typeof text === "string";
  const content = isText ? `token${text}` : jsonOf(event);
  if (content.length <= 100) return content;
  return `${content.slice(0, 80)} ${content.length} ${hashOf(content)}`;
}

function jsonOf(event: object): string {
  try {
    return JSON.stringify(event);
  } catch {
    // What a schema makes of an event may hold anything.
    return "";
  }
}

/** FNV-1a, of at most 64 Ki code units from both ends. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  const sample = text.length <= 65_536 ? text : text.slice(0, 32_768) + text.slice(-32_768);
  for (let at = 0; at < sample.length; at++) {
    hash = Math.imul(hash ^ sample.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
