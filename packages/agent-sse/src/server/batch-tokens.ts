import type { AgentEvent } from "@freshet/core";
import { StoppableGenerator } from "../wire/stoppable-generator.ts";
import { TokenBatcher } from "./token-batcher.ts";
import { ignoreRejection } from "../wire/ignore-rejection.ts";

/** Options of {@link batchTokens}. */
export interface BatchTokensOptions {
  /** How long text is gathered, in milliseconds; 0 passes every event on as it is. Default 50. */
  intervalMs?: number | undefined;
  /** Ends the loop at once with the signal's own reason, and the source with it. */
  signal?: AbortSignal | undefined;
}

/**
 * Joins `token` events, and `thinking` events, into fewer and larger ones: at most one every
 * `intervalMs`. No text waits longer than that, also when the model stalls, and none changes places
 * with another event. What was gathered when the source fails comes out before the error does.
 *
 * @example
 * ```ts
 * import { agentEvent, batchTokens } from "@freshet/agent-sse";
 *
 * async function* answer() {
 *   yield agentEvent.token("Hel");
 *   yield agentEvent.token("lo");
 *   yield agentEvent.done();
 * }
 * for await (const event of batchTokens(answer(), { intervalMs: 1000 })) console.log(event);
 * // { type: "token", text: "Hello" }
 * // { type: "done", … }
 * ```
 */
export function batchTokens(
  events: AsyncIterable<AgentEvent>,
  { intervalMs = 50, signal }: BatchTokensOptions = {},
): AsyncGenerator<AgentEvent, undefined, undefined> {
  return new StoppableGenerator(signal, (stop) => generate(events, intervalMs, stop));
}

async function* generate(
  events: AsyncIterable<AgentEvent>,
  intervalMs: number,
  stop: AbortSignal,
): AsyncGenerator<AgentEvent, undefined, undefined> {
  const gathering = new Gathering(events, intervalMs, stop);
  try {
    for (;;) {
      await gathering.wait();
      for (const event of gathering.take()) yield event;
      if (!gathering.end) continue;
      if ("error" in gathering.end) throw gathering.end.error;
      return undefined;
    }
  } finally {
    await gathering.close();
  }
}

/**
 * Reads the source while somebody waits, until there is something to hand out. There may be hundreds of
 * tokens a second for each of many readers, so a token that only joins others costs one read and no more:
 * no timer, listener or generator step of its own.
 */
class Gathering {
  /** Set when the source is over. */
  end: { error?: unknown } | undefined;
  readonly #source: AsyncIterator<AgentEvent>;
  readonly #batcher: TokenBatcher;
  readonly #stop: AbortSignal;
  #kind: TextType = "token";
  #ready: AgentEvent[] = [];
  #isReading = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting: { resolve: () => void; reject: (reason: unknown) => void } | undefined;

  constructor(events: AsyncIterable<AgentEvent>, intervalMs: number, stop: AbortSignal) {
    this.#source = events[Symbol.asyncIterator]();
    this.#batcher = new TokenBatcher({ intervalMs });
    this.#stop = stop;
    stop.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Resolves when there is something to take, or nothing more to come. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#stop.aborted) this.#onAbort();
      else this.#goOn();
    });
  }

  /** What is to be handed out, in order. */
  take(): AgentEvent[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener("abort", this.#onAbort);
    const left = this.#source.return?.();
    // A source that is still being waited for would answer only after its next event.
    if (this.#isReading) left?.catch(ignoreRejection);
    else await left;
  }

  /** Lets the one who waits have what there is, or sees to it that there will be something. */
  #goOn(): void {
    if (!this.#waiting) return;
    if (this.#ready.length > 0 || this.end) {
      this.#waiting.resolve();
      this.#waiting = undefined;
      return;
    }
    if (this.#batcher.hasContent) {
      this.#timer ??= setTimeout(this.#onTimer, this.#batcher.dueInMs);
    }
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      this.#source.next().then(this.#onResult, this.#onFailure);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  readonly #onResult = (result: IteratorResult<AgentEvent, unknown>): void => {
    this.#isReading = false;
    if (result.done) {
      this.#flush();
      this.end = {};
    } else this.#add(result.value);
    this.#goOn();
  };

  readonly #onFailure = (error: unknown): void => {
    this.#isReading = false;
    this.#flush();
    this.end = { error };
    this.#goOn();
  };

  readonly #onTimer = (): void => {
    this.#flush();
    this.#goOn();
  };

  readonly #onAbort = (): void => {
    this.#waiting?.reject(this.#stop.reason);
    this.#waiting = undefined;
  };

  #add(event: AgentEvent): void {
    const kind = textTypeOf(event);
    if (kind !== this.#kind) this.#flush();
    if (kind) {
      this.#kind = kind;
      this.#hand(this.#batcher.add((event as TextEvent).text));
    } else this.#ready.push(event);
  }

  #flush(): void {
    this.#hand(this.#batcher.flush());
  }

  #hand(text: string | undefined): void {
    if (text !== undefined) this.#ready.push({ type: this.#kind, text });
    if (this.#batcher.hasContent) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

type TextType = "token" | "thinking";
type TextEvent = Extract<AgentEvent, { type: TextType }>;

/** Joining would lose fields that are not the two known ones, so an event that has more stays as it is. */
function textTypeOf(event: AgentEvent): TextType | undefined {
  if (event.type !== "token" && event.type !== "thinking") return undefined;
  return Object.keys(event).length === 2 && typeof event.text === "string" ? event.type : undefined;
}
