/** https://html.spec.whatwg.org/multipage/server-sent-events.html (sections 9.2.5 and 9.2.6) */
import {
  aFunction,
  checkOptions,
  ignoreRejection,
  wholeNumberOrInfinity,
  type AgentEvent,
  type OptionRule,
  type PushParser,
  type StandardSchemaV1,
} from "@freshet/core";
import { SseParser } from "@freshet/core/sse";
import { isPlain } from "./encode-json.ts";
import { objectTypes } from "./event-types.ts";
import {
  AgentStreamError,
  invalidOption,
  type AgentStreamErrorCode,
  type AgentStreamErrorOptions,
} from "./error.ts";
import { aSchema, text } from "./option-rules.ts";

/** An event and its position. */
export interface ReceivedEvent<E = AgentEvent> {
  event: E;
  /** The last id of the stream, from this event or an earlier one: a reader resumes after it. */
  id?: string | undefined;
}

/** Options of {@link AgentEventParser}. */
export interface AgentEventParserOptions<E extends { type: string } = AgentEvent> {
  /**
   * Validates and types each event, including `type`: the result of `defineEvents`, or any synchronous
   * Standard Schema.
   */
  schema?: StandardSchemaV1<unknown, E> | undefined;
  /** The last event id so far, if this stream continues an earlier one. */
  lastEventId?: string | undefined;
  /**
   * The longest data of one event, in UTF-16 code units, as `String.length` counts them. Not in bytes,
   * because text is what the parser keeps, and it also accepts text that is already decoded. Default 16 Mi.
   */
  maxEventLength?: number | undefined;
  /** Called for each `retry:` field, in milliseconds. */
  onRetry?: ((retryMs: number) => void) | undefined;
}

/** The rules of the options that every reader of events has. */
export const parserRules: Record<"schema" | "lastEventId" | "maxEventLength", OptionRule> = {
  schema: aSchema,
  lastEventId: text,
  maxEventLength: wholeNumberOrInfinity(1),
};

const rules = { ...parserRules, onRetry: aFunction };

/**
 * Parses text/event-stream into agent events. Chunks may be cut anywhere. `push` never throws; `read`
 * returns all events before bad input, then throws, and from then on throws every time.
 *
 * Whatever is not an agent event passes: data of an unknown type that is not a JSON object (`data: [DONE]`)
 * comes out as `{type, data}`, with its text as `data`, and type `message` where the frame has no name.
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
export class AgentEventParser<E extends { type: string } = AgentEvent> implements PushParser<
  ReceivedEvent<E>
> {
  readonly #schema: StandardSchemaV1<unknown, E> | undefined;
  readonly #maxEventLength: number;
  readonly #sse: SseParser;
  #lastEventId: string | undefined;
  #ready: ReceivedEvent<E>[] = [];
  #next = 0;
  #failure: AgentStreamError | undefined;
  #isDone = false;
  /** The source has ended within an event, whose id does not count: it may be cut off as well. */
  #hasEnded = false;
  #isCutOff = false;

  /** @throws AgentStreamError `INVALID_OPTION` */
  constructor(options: AgentEventParserOptions<E> = {}) {
    const { schema, lastEventId, maxEventLength = 16_777_216, onRetry } = options;
    checkOptions(options, rules, invalidOption);
    this.#schema = schema;
    this.#lastEventId = lastEventId;
    this.#maxEventLength = maxEventLength;
    this.#sse = new SseParser({ onEvent: (name, data) => this.#receive(name, data), onRetry });
  }

  /** The last id of the stream, also one of a frame without data; `undefined` before the first. */
  get lastEventId(): string | undefined {
    // The id of an event that failed, or was cut off, does not count.
    return this.#failure || this.#hasEnded
      ? this.#lastEventId
      : (this.#sse.lastEventId ?? this.#lastEventId);
  }

  /** Adds the next piece of the stream: bytes, or text that is already decoded. */
  push(chunk: Uint8Array | string): this {
    if (this.#failure) return this;
    this.#sse.push(chunk);
    if (this.#sse.pendingLength > this.#maxEventLength + lineAllowance) this.#failTooLarge();
    return this;
  }

  /** The next event, or `undefined` until more is pushed. */
  read(): ReceivedEvent<E> | undefined {
    const received = this.#ready[this.#next++];
    if (this.#next < this.#ready.length) return received;
    // Events that were read are not kept, even if more is pushed before all of them are.
    this.#ready = [];
    this.#next = 0;
    if (!received && this.#failure) throw this.#failure;
    return received;
  }

  /** All complete events; empty until more is pushed. Throws as `read` does. */
  readBatch(): ReceivedEvent<E>[] {
    const batch = this.#next === 0 ? this.#ready : this.#ready.slice(this.#next);
    this.#ready = [];
    this.#next = 0;
    if (batch.length === 0 && this.#failure) throw this.#failure;
    return batch;
  }

  /**
   * Reports the end of the source. A last `done` whose blank line is missing counts, if its data is complete.
   *
   * @throws AgentStreamError `INCOMPLETE_STREAM` when the last event was not `done`, or when an event
   * was cut off after it; the error's `lastEventId` is where to resume
   */
  end(): void {
    if (!this.#failure && this.#sse.isInsideEvent) this.#completeLastEvent();
    if (this.#failure || (this.#isDone && !this.#isCutOff)) return;
    throw this.#error("INCOMPLETE_STREAM", "The stream ended before `done`", { retryable: true });
  }

  /** Gives the last event its blank line. Only a `done` is taken: its data shows whether it is complete. */
  #completeLastEvent(): void {
    this.#lastEventId = this.lastEventId;
    this.#hasEnded = true;
    this.#isCutOff = true;
    this.#sse.push("\n\n");
  }

  #receive(name: string, data: string): void {
    if (this.#failure) return;
    if (this.#isCutOff) {
      if (name !== "done" || parseJson(data) === undefined) return;
      this.#isCutOff = false;
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
    if (!this.#hasEnded) this.#lastEventId = this.#sse.lastEventId ?? this.#lastEventId;
    this.#isDone = parsed.type === "done";
    this.#ready.push({ event, id: this.#lastEventId });
  }

  #validate(
    schema: StandardSchemaV1<unknown, E>,
    parsed: { type: string },
    data: string,
  ): E | undefined {
    let facts: AgentStreamErrorOptions;
    try {
      const result = schema["~standard"].validate(parsed);
      if (result instanceof Promise) {
        result.catch(ignoreRejection);
        throw new TypeError("The schema returned a promise: use a synchronous one.");
      }
      if (!result.issues) return result.value;
      facts = { issues: result.issues };
    } catch (cause) {
      facts = { cause };
    }
    this.#failInvalid(parsed.type, "what the schema expects", data, facts);
    return undefined;
  }

  #failInvalid(
    type: string,
    expected: string,
    data: string,
    facts?: AgentStreamErrorOptions,
  ): void {
    const what = `The data of \`${type}\` is not ${expected}: ${data.slice(0, 200)}`;
    this.#failure = this.#error("INVALID_PAYLOAD", what, facts);
  }

  #failTooLarge(): void {
    this.#failure = this.#error(
      "EVENT_TOO_LARGE",
      `An event is longer than maxEventLength (${this.#maxEventLength})`,
    );
  }

  #error(
    code: AgentStreamErrorCode,
    what: string,
    facts?: AgentStreamErrorOptions,
  ): AgentStreamError {
    const lastEventId = this.#lastEventId;
    const message = `${what} (last event id: ${lastEventId ?? "none"}).`;
    return new AgentStreamError(code, message, { ...facts, lastEventId });
  }
}

/** Room for everything in the lines of an event besides its data: field names, the id, comments. */
const lineAllowance = 65_536;

function parseData(name: string, data: string): { type: string } | undefined {
  if (name === "token" || name === "thinking") {
    const text = textOf(data);
    // The literal: a name that is a slice of the stream costs memory to keep and time to compare.
    const type = name === "token" ? "token" : name;
    if (text !== undefined) return { type, text } as { type: string };
  }
  const fields = parseJson(data);
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return objectTypes.has(name)
      ? undefined
      : ({ type: name || "message", data } as object as { type: string });
  }
  // An event without a name comes from a durable JSON stream, which has the type in its data.
  const { type: inside } = fields as { type?: unknown };
  const type = name || (typeof inside === "string" ? inside : "message");
  // A spread keeps a field named __proto__ as a field. The name wins over a field named type.
  const event = { type, ...fields };
  event.type = type;
  return event;
}

/**
 * The text of data that holds only a text, as nearly all data does. A short plain text needs no JSON parser,
 * and any other is parsed as a string alone, at half the cost of an object and its copy.
 */
function textOf(data: string): string | undefined {
  if (!data.startsWith('{"text":') || !data.endsWith('"}')) return undefined;
  // Python writes a space after the colon.
  const start = data.startsWith(' "', 8) ? 10 : 9;
  const end = data.length - 2;
  if (start > end || data[start - 1] !== '"') return undefined;
  if (isPlain(data, start, end)) return data.slice(start, end);
  // Data with more fields is not a string either, and to find out by an exception takes longer.
  if (data.includes('",')) return undefined;
  return parseJson(data.slice(start - 1, end + 1)) as string | undefined;
}

/** Returns `undefined`, which is not a JSON value, for text that is not JSON. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
