import {
  anAbortSignal,
  checkOptions,
  ignoreRejection,
  stoppableGenerator,
  type AgentEvent,
} from "@freshet/core";
import { invalidOption } from "../wire/error.ts";
import { TokenBatcher, tokenBatcherRules } from "./token-batcher.ts";

/** Options of {@link batchTokens}. */
export interface BatchTokensOptions {
  /** How long text is gathered, in milliseconds; 0 passes every event through unchanged. Default 50. */
  intervalMs?: number | undefined;
  /** Ends the loop immediately with the signal's own reason, and stops the source. */
  signal?: AbortSignal | undefined;
}

/**
 * Joins `token` events, and `thinking` events, into fewer and larger ones: at most one per `intervalMs`.
 * No text waits longer than that, even if the model stalls, and all events keep their order. If the source
 * fails, the gathered text comes out before the error.
 *
 * @throws AgentStreamError `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { agentEvent, batchTokens } from "@freshet/agent-sse";
 *
 * async function* run() {
 *   yield agentEvent.token("Hel");
 *   yield agentEvent.token("lo");
 *   yield agentEvent.done();
 * }
 * for await (const event of batchTokens(run(), { intervalMs: 1000 })) console.log(event);
 * // { type: "token", text: "Hello" }
 * // { type: "done", … }
 * ```
 */
export function batchTokens(
  events: AsyncIterable<AgentEvent>,
  options: BatchTokensOptions = {},
): AsyncGenerator<AgentEvent, undefined, undefined> {
  checkOptions(options, rules, invalidOption);
  const { intervalMs, signal } = options;
  return stoppableGenerator((stop) => generate(events, intervalMs, stop), signal);
}

const rules = { ...tokenBatcherRules, signal: anAbortSignal };

async function* generate(
  events: AsyncIterable<AgentEvent>,
  intervalMs: number | undefined,
  stop: AbortSignal,
): AsyncGenerator<AgentEvent, undefined, undefined> {
  const gatherer = new TokenGatherer(events, intervalMs, stop);
  try {
    for (;;) {
      await gatherer.wait();
      for (const event of gatherer.take()) yield event;
      if (!gatherer.end) continue;
      if ("error" in gatherer.end) throw gatherer.end.error;
      return undefined;
    }
  } finally {
    await gatherer.close();
  }
}

/**
 * Reads the source while a caller waits, until there is something to return. Each of many readers may get
 * hundreds of tokens a second, so a token that only joins others costs one read: no timer, listener or
 * generator step of its own.
 */
class TokenGatherer {
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

  constructor(
    events: AsyncIterable<AgentEvent>,
    intervalMs: number | undefined,
    stop: AbortSignal,
  ) {
    this.#source = events[Symbol.asyncIterator]();
    this.#batcher = new TokenBatcher({ intervalMs });
    this.#stop = stop;
    stop.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Resolves when there is something to take, or the source has ended. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#stop.aborted) this.#onAbort();
      else this.#advance();
    });
  }

  /** Returns the events that are ready, in order, and forgets them. */
  take(): AgentEvent[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener("abort", this.#onAbort);
    const returned = this.#source.return?.();
    // While a read is pending, a generator handles `return` only after its next event.
    if (this.#isReading) returned?.catch(ignoreRejection);
    else await returned;
  }

  /** Resolves the pending `wait` if there is something to take; otherwise reads on. */
  #advance(): void {
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
    this.#advance();
  };

  readonly #onFailure = (error: unknown): void => {
    this.#isReading = false;
    this.#flush();
    this.end = { error };
    this.#advance();
  };

  readonly #onTimer = (): void => {
    this.#flush();
    this.#advance();
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
      this.#emit(this.#batcher.add((event as TextEvent).text));
    } else this.#ready.push(event);
  }

  #flush(): void {
    this.#emit(this.#batcher.flush());
  }

  #emit(text: string | undefined): void {
    if (text !== undefined) this.#ready.push({ type: this.#kind, text });
    if (this.#batcher.hasContent) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

type TextType = "token" | "thinking";
type TextEvent = Extract<AgentEvent, { type: TextType }>;

/** An event with more fields than `type` and `text` is not joined: the others would be lost. */
function textTypeOf(event: AgentEvent): TextType | undefined {
  if (event.type !== "token" && event.type !== "thinking") return undefined;
  return Object.keys(event).length === 2 && typeof event.text === "string" ? event.type : undefined;
}
