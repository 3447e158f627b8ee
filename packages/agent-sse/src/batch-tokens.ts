import type { AgentEvent } from "@freshet/core";
import { StoppableGenerator } from "./stoppable-generator.ts";
import { TokenBatcher } from "./token-batcher.ts";
import { ignoreRejection } from "./ignore-rejection.ts";

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
  const batcher = new TokenBatcher({ intervalMs });
  const source = events[Symbol.asyncIterator]();
  let kind: TextType = "token";
  let reading: Promise<Outcome> | undefined;
  try {
    for (;;) {
      reading ??= settle(source.next());
      const outcome = await within(reading, batcher.hasContent ? batcher.dueInMs : undefined, stop);
      if (outcome) reading = undefined;
      const event = outcome && "event" in outcome ? outcome.event : undefined;
      const textType = event && textTypeOf(event);
      if (!event || textType !== kind) {
        const text = batcher.flush();
        if (text !== undefined) yield { type: kind, text };
      }
      if (textType) {
        kind = textType;
        const text = batcher.add((event as TextEvent).text);
        if (text !== undefined) yield { type: kind, text };
      } else if (event) yield event;
      if (outcome && "error" in outcome) throw outcome.error;
      if (outcome && !event) return undefined;
    }
  } finally {
    // A source that is still being waited for would answer only after its next event.
    const left = source.return?.();
    if (reading) left?.catch(ignoreRejection);
    else await left;
  }
}

type TextType = "token" | "thinking";
type TextEvent = Extract<AgentEvent, { type: TextType }>;

/** Joining would lose fields that are not the two known ones, so an event that has more stays as it is. */
function textTypeOf(event: AgentEvent): TextType | undefined {
  if (event.type !== "token" && event.type !== "thinking") return undefined;
  return Object.keys(event).length === 2 && typeof event.text === "string" ? event.type : undefined;
}

type Outcome = { event: AgentEvent } | { error: unknown } | { end: true };

/** Never rejects: a failure that nobody waits for yet is kept until its turn. */
function settle(read: Promise<IteratorResult<AgentEvent, unknown>>): Promise<Outcome> {
  return read.then(
    (result) => (result.done ? { end: true } : { event: result.value }),
    (error: unknown) => ({ error }),
  );
}

/** The outcome, or `undefined` after `ms` milliseconds; an abort rejects with its own reason. */
function within(
  reading: Promise<Outcome>,
  ms: number | undefined,
  stop: AbortSignal,
): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => finish(() => reject(stop.reason));
    const timer = ms === undefined ? undefined : setTimeout(() => finish(resolve), ms);
    const finish = (settleWith: (outcome?: Outcome) => void, outcome?: Outcome) => {
      clearTimeout(timer);
      stop.removeEventListener("abort", onAbort);
      settleWith(outcome);
    };
    if (stop.aborted) {
      onAbort();
      return;
    }
    stop.addEventListener("abort", onAbort, { once: true });
    void reading.then((outcome) => finish(resolve, outcome));
  });
}
