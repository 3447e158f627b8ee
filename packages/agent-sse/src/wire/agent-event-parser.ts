/** https://html.spec.whatwg.org/multipage/server-sent-events.html (sections 9.2.5 and 9.2.6) */
import type { AgentEvent, StandardSchemaV1 } from "@freshet/core";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { isPlain } from "./encode-json.ts";
import {
  AgentStreamError,
  type AgentStreamErrorCode,
  type AgentStreamErrorFacts,
} from "./error.ts";
import { ignoreRejection } from "./ignore-rejection.ts";

/** An event and where it stands. */
export interface ReceivedEvent<E = AgentEvent> {
  event: E;
  /** The last id that the stream gave, with this event or before it: resuming there goes on after it. */
  id?: string | undefined;
}

/** Options of {@link AgentEventParser}. */
export interface AgentEventParserOptions<E extends { type: string } = AgentEvent> {
  /**
   * Validates and types each event, `type` included: what `defineEvents` returns, or any Standard Schema
   * that answers without a promise.
   */
  schema?: StandardSchemaV1<unknown, E> | undefined;
  /** The last event id so far, when this is the continuation of an earlier stream. */
  lastEventId?: string | undefined;
  /** The longest data of one event, in UTF-16 code units. Default 16 Mi. */
  maxEventLength?: number | undefined;
  /** Called for each `retry:` field, in milliseconds. */
  onRetry?: ((retryMs: number) => void) | undefined;
}

/**
 * Parses text/event-stream into agent events. Chunks may be cut anywhere. `push` never throws; `read`
 * hands out everything that came before bad input and then throws, and from then on always throws.
 *
 * @example
 * ```ts
 * import { AgentEventParser } from "@freshet/agent-sse";
 *
 * const parser = new AgentEventParser();
 * parser.push("event: token\ndata: {\"te").push("xt\":\"Hi\"}\nid: 7\n\n");
 * console.log(parser.read()); // { event: { type: "token", text: "Hi" }, id: "7" }
 * ```
 */
export class AgentEventParser<E extends { type: string } = AgentEvent> {
  readonly #schema: StandardSchemaV1<unknown, E> | undefined;
  readonly #maxEventLength: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #parser: { feed(text: string): void };
  #lastEventId: string | undefined;
  #ready: ReceivedEvent<E>[] = [];
  #next = 0;
  #failure: AgentStreamError | undefined;
  #atStart = true;
  #afterCarriageReturn = false;
  #isDone = false;
  #ended = false;

  constructor(options: AgentEventParserOptions<E> = {}) {
    this.#schema = options.schema;
    this.#lastEventId = options.lastEventId;
    this.#maxEventLength = options.maxEventLength ?? 16_777_216;
    this.#parser = createParser({
      onEvent: (message) => this.#receive(message),
      onRetry: options.onRetry,
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") this.#failTooLarge();
        else if (this.#ended) this.#isDone = false;
      },
      maxBufferSize: this.#maxEventLength + lineAllowance,
    });
    // It takes the three characters "ï»¿" at its start for a byte order mark; we have dropped the real one.
    this.#parser.feed("");
  }

  /** The last id that the stream gave; `undefined` before the first. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** Adds the next piece of the stream: bytes, or text that is already decoded. */
  push(chunk: Uint8Array | string): this {
    if (this.#failure) return this;
    let text = typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true });
    if (text === "") return this;
    if (this.#atStart) {
      this.#atStart = false;
      if (text.startsWith("\ufeff")) text = text.slice(1);
    }
    this.#parser.feed(this.#lineFeedsOnly(text));
    return this;
  }

  /** The next event, or `undefined` until more is pushed. */
  read(): ReceivedEvent<E> | undefined {
    const received = this.#ready[this.#next++];
    if (this.#next < this.#ready.length) return received;
    // What was read is not kept, also if more is pushed before all of it was asked for.
    this.#ready = [];
    this.#next = 0;
    if (!received && this.#failure) throw this.#failure;
    return received;
  }

  /** All events that are complete; empty until more is pushed. Throws as `read` does. */
  readBatch(): ReceivedEvent<E>[] {
    const batch = this.#next === 0 ? this.#ready : this.#ready.slice(this.#next);
    this.#ready = [];
    this.#next = 0;
    if (batch.length === 0 && this.#failure) throw this.#failure;
    return batch;
  }

  /**
   * Says that the source ended.
   *
   * @throws AgentStreamError `INCOMPLETE_STREAM` when the last event was not `done`, or when an event
   * was cut off after it; the error's `lastEventId` is where to resume
   */
  end(): void {
    if (this.#failure) return;
    this.#ended = true;
    // If this completes an event, then the source was cut inside it.
    const whole = this.#isDone;
    this.#parser.feed("\n\n");
    if (whole && this.#isDone) return;
    throw this.#error("INCOMPLETE_STREAM", "The stream ended before `done`");
  }

  /**
   * One kind of line end only: the parser defers a bare CR at the end of a chunk until more comes, and
   * searches a chunk for both kinds at every line.
   */
  #lineFeedsOnly(text: string): string {
    if (this.#afterCarriageReturn && text.startsWith("\n")) text = text.slice(1);
    this.#afterCarriageReturn = text.endsWith("\r");
    return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  }

  #receive({ event: name = "", id, data }: EventSourceMessage): void {
    if (this.#failure) return;
    if (this.#ended) {
      this.#isDone = false;
      return;
    }
    if (data.length > this.#maxEventLength) {
      this.#failTooLarge();
      return;
    }
    const parsed = parseData(name, data);
    if (parsed === undefined) {
      this.#failInvalid(name, "a JSON object", data);
      return;
    }
    const event = this.#schema ? this.#validate(this.#schema, parsed, data) : (parsed as E);
    if (event === undefined) return;
    if (id !== undefined) this.#lastEventId = id;
    this.#isDone = parsed.type === "done";
    this.#ready.push({ event, id: this.#lastEventId });
  }

  #validate(
    schema: StandardSchemaV1<unknown, E>,
    parsed: { type: string },
    data: string,
  ): E | undefined {
    let facts: AgentStreamErrorFacts;
    try {
      const result = schema["~standard"].validate(parsed);
      if (result instanceof Promise) {
        result.catch(ignoreRejection);
        throw new TypeError("The schema is asynchronous.");
      }
      if (!result.issues) return result.value;
      facts = { issues: result.issues };
    } catch (cause) {
      facts = { cause };
    }
    this.#failInvalid(parsed.type, "what the schema wants", data, facts);
    return undefined;
  }

  #failInvalid(type: string, wanted: string, data: string, facts?: AgentStreamErrorFacts): void {
    const what = `The data of \`${type}\` is not ${wanted}: ${data.slice(0, 200)}`;
    this.#failure = this.#error("INVALID_EVENT", what, facts);
  }

  #failTooLarge(): void {
    this.#failure = this.#error(
      "EVENT_TOO_LARGE",
      `An event is longer than ${this.#maxEventLength}`,
    );
  }

  #error(
    code: AgentStreamErrorCode,
    what: string,
    facts?: AgentStreamErrorFacts,
  ): AgentStreamError {
    const lastEventId = this.#lastEventId;
    const message = `${what} (last event id: ${lastEventId ?? "none"}).`;
    return new AgentStreamError(code, message, { ...facts, lastEventId });
  }
}

/** What the lines of an event hold beside its data: the field names, the id, comments. */
const lineAllowance = 65_536;

function parseData(name: string, data: string): { type: string } | undefined {
  if (name === "token" || name === "thinking") {
    const text = textOf(data);
    // The literal: a name that was cut out of the stream costs memory to keep and time to compare.
    const type = name === "token" ? "token" : name;
    if (text !== undefined) return { type, text } as { type: string };
  }
  const fields = parseJson(data);
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  // Without a name it is an event of a durable JSON stream, which has its type inside.
  const { type: inside } = fields as { type?: unknown };
  const type = name || (typeof inside === "string" ? inside : "message");
  // A spread, so that a field named __proto__ stays a field; the name wins over a field named type.
  const event = { type, ...fields };
  event.type = type;
  return event;
}

/**
 * The text of data that holds nothing but a text, as nearly all data does. A short plain one needs no JSON
 * parser, and any other is parsed as a string alone, which is half the price of an object and its copy.
 */
function textOf(data: string): string | undefined {
  if (!data.startsWith('{"text":') || !data.endsWith('"}')) return undefined;
  // Python writes a space after the colon.
  const start = data.startsWith(' "', 8) ? 10 : 9;
  const end = data.length - 2;
  if (start > end || data[start - 1] !== '"') return undefined;
  if (isPlain(data, start, end)) return data.slice(start, end);
  // What has more fields is no string either; only to throw and catch takes longer than to look.
  if (data.includes('",')) return undefined;
  return parseJson(data.slice(start - 1, end + 1)) as string | undefined;
}

/** `undefined`, which no JSON is, for what is none. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
