import type { AgentEvent } from "@freshet/core";
import { agentEvent } from "./agent-event.ts";
import type { JsonFormat } from "./encode-json.ts";
import { formatAgentEvent, formatRetry, type WireEvent } from "./format-agent-event.ts";

/** An event, or an event and the id that a reader resumes after. */
export type AgentStreamItem<E extends WireEvent = AgentEvent | WireEvent> =
  E | { event: E; id?: string | undefined };

/** Where the events of a response come from. */
export type AgentStreamSource<E extends WireEvent = AgentEvent | WireEvent> =
  AsyncIterable<AgentStreamItem<E>> | Iterable<AgentStreamItem<E>>;

/** What the client is told of a failure. */
export interface ClientError {
  errorType: string;
  message: string;
  details?: Record<string, unknown> | undefined;
}

export interface AgentStreamPumpOptions {
  /** A comment is sent after this much silence, in milliseconds; `Infinity` for never. Default 15,000. */
  keepAliveMs?: number | undefined;
  /** Tells readers how long to wait before they reconnect, in milliseconds. */
  retryMs?: number | undefined;
  /** Ends the response, without `done`, and stops the source. Usually the request's own signal. */
  signal?: AbortSignal | undefined;
  /** Default `"json"`. */
  format?: JsonFormat | undefined;
  /**
   * Called with whatever the source throws. Return what the client may be told as an `error` event, or
   * nothing for "internal_error". Default: `console.error`.
   */
  onError?: ((error: unknown) => ClientError | undefined) | undefined;
}

/**
 * Moves events from a source into a byte stream: one pull, one chunk. A chunk holds what the source has
 * ready, up to 16 KiB, and leaves as soon as the source has nothing ready.
 *
 * Whether it has can be seen without a timer: what is ready arrives within a few turns of the microtask
 * queue, and what waits for anything outside never does.
 */
export class AgentStreamPump implements UnderlyingDefaultSource<Uint8Array> {
  readonly #source: AgentStreamSource;
  readonly #options: AgentStreamPumpOptions;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #items: AsyncIterator<Item> | Iterator<Item> | undefined;
  /** Frames that are not sent yet. */
  #text = "";
  /** Ends the pull that is being answered; undefined while the client does not ask for more. */
  #answerPull: (() => void) | undefined;
  #isReading = false;
  #sourceEnded = false;
  #closed = false;
  #lastType = "";
  #itemCount = 0;
  #isWatching = false;
  #quietSince = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: AgentStreamSource, options: AgentStreamPumpOptions) {
    this.#source = source;
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const { signal, retryMs } = this.#options;
    // A comment at once: the client and all proxies between see that the response has begun.
    this.#text = `:\n${retryMs === undefined ? "" : formatRetry(retryMs)}\n`;
    this.#send();
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  pull(): Promise<void> {
    return new Promise((resolve) => {
      this.#answerPull = resolve;
      this.#quietSince = performance.now();
      this.#advance();
    });
  }

  cancel(): void {
    this.#close();
    this.#stopSource();
  }

  /** Does the next thing that the pull waits for. */
  #advance(): void {
    if (this.#closed || !this.#answerPull) return;
    if (this.#sourceEnded) this.#finish();
    else if (this.#text.length >= chunkLength) this.#send();
    else if (this.#isReading) this.#watch();
    else this.#read();
  }

  #read(): void {
    try {
      this.#items ??= iteratorOf(this.#source);
      if (Symbol.asyncIterator in this.#source) {
        this.#isReading = true;
        void Promise.resolve(this.#items.next()).then(this.#onResult, this.#onFailure);
        this.#watch();
      } else {
        // All of it is ready, so there is nothing to watch for.
        const items = this.#items as Iterator<Item>;
        while (this.#text.length < chunkLength && this.#take(items.next()));
        this.#advance();
      }
    } catch (error) {
      this.#stopSource();
      this.#fail(error);
    }
  }

  readonly #onResult = (result: IteratorResult<Item, unknown>): void => {
    this.#isReading = false;
    if (this.#closed) return;
    try {
      this.#take(result);
    } catch (error) {
      // An event that cannot be written; the source does not know that it is over.
      this.#stopSource();
      this.#fail(error);
      return;
    }
    this.#advance();
  };

  readonly #onFailure = (error: unknown): void => {
    this.#isReading = false;
    if (!this.#closed) this.#fail(error);
  };

  #take(result: IteratorResult<Item, unknown>): boolean {
    this.#itemCount++;
    if (result.done) {
      this.#sourceEnded = true;
      return false;
    }
    const item = result.value;
    const isEvent = "type" in item;
    const event = isEvent ? item : item.event;
    const { format } = this.#options;
    this.#text += formatAgentEvent(event, isEvent ? { format } : { format, id: item.id });
    this.#lastType = event.type;
    return true;
  }

  /** Sends what there is once the source has been quiet for some turns of the microtask queue. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    let seen = this.#itemCount;
    let quietTurns = 0;
    const look = () => {
      if (this.#itemCount !== seen) {
        seen = this.#itemCount;
        quietTurns = 0;
      } else if (++quietTurns === maxQuietTurns || !this.#answerPull) {
        this.#isWatching = false;
        if (this.#answerPull) this.#onQuiet();
        return;
      }
      void turn.then(look);
    };
    void turn.then(look);
  }

  #onQuiet(): void {
    if (this.#text !== "") this.#send();
    else this.#waitForKeepAlive(this.#keepAliveMs);
  }

  get #keepAliveMs(): number {
    return this.#options.keepAliveMs ?? 15_000;
  }

  /** One timer serves many pulls: it is set again when it fires, not whenever something is sent. */
  #waitForKeepAlive(ms: number): void {
    // Longer than a timer can be is never.
    if (ms < 2 ** 31) this.#timer ??= setTimeout(this.#onTimer, ms);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    // A client that does not ask for more is not helped by more.
    if (!this.#answerPull) return;
    const left = this.#quietSince + this.#keepAliveMs - performance.now();
    if (left > 0) {
      this.#waitForKeepAlive(left);
      return;
    }
    if (this.#text === "") this.#text = ":\n\n";
    this.#send();
  };

  // A plain end, not an error: readers know by the missing `done` that it is no good one, and servers
  // would log an error for every client that leaves.
  readonly #onAbort = (): void => {
    this.#controller?.close();
    this.#close();
    this.#stopSource();
  };

  #send(): void {
    this.#controller?.enqueue(this.#encoder.encode(this.#text));
    this.#text = "";
    const answerPull = this.#answerPull;
    this.#answerPull = undefined;
    answerPull?.();
  }

  #finish(): void {
    if (this.#text !== "") this.#controller?.enqueue(this.#encoder.encode(this.#text));
    this.#controller?.close();
    this.#close();
  }

  #fail(error: unknown): void {
    this.#sourceEnded = true;
    const told = this.#tell(error);
    // After `done` readers have left, and there is no turn that could fail.
    if (this.#lastType !== "done") this.#text += told;
    this.#advance();
  }

  /** The frames that end a turn that failed. */
  #tell(error: unknown): string {
    const { onError = logError, format } = this.#options;
    const frames = (told: ClientError) =>
      formatAgentEvent(agentEvent.error(told.errorType, told.message, told.details), { format }) +
      formatAgentEvent(agentEvent.done(), { format });
    try {
      return frames(onError(error) ?? exposed(error) ?? internalError);
    } catch (failure) {
      logError(failure);
      return frames(internalError);
    }
  }

  /** Not awaited: a source that waits for its next event answers only after it. */
  #stopSource(): void {
    const { onError = logError } = this.#options;
    // The client has gone already, so there is nobody to tell.
    const report = (error: unknown) => void onError(error);
    try {
      this.#items ??= iteratorOf(this.#source);
      Promise.resolve(this.#items.return?.()).catch(report);
    } catch (error) {
      report(error);
    }
  }

  #close(): void {
    this.#closed = true;
    this.#text = "";
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#answerPull?.();
    this.#answerPull = undefined;
  }
}

type Item = AgentStreamItem;

// One turn of the microtask queue; `queueMicrotask` does more in Node, and is six times slower for it.
const turn = Promise.resolve();

const chunkLength = 16 * 1024;

// A chain of generators takes about three turns a link to hand an event over. All of them together take
// about a microsecond.
const maxQuietTurns = 32;

const internalError: ClientError = {
  errorType: "internal_error",
  message: "The agent failed. Its log says why.",
};

/** Errors that say themselves that their message is meant for the client, as those of http-errors do. */
function exposed(error: unknown): ClientError | undefined {
  if (!(error instanceof Error) || !("expose" in error) || error.expose !== true) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return { errorType: code, message: error.message };
}

function logError(error: unknown): undefined {
  console.error(error);
}

function iteratorOf(source: AgentStreamSource): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}
