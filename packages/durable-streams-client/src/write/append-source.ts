import { type Encoded, encodeValue } from "./encode.ts";

/** Values to append: a web stream, a generator, an array. */
export type ValueSource = ReadableStream<unknown> | AsyncIterable<unknown> | Iterable<unknown>;

/**
 * The source of `DurableStream.appendStream`. A function returns a new source for every attempt;
 * anything else can be read only once, so a request that fails halfway is not retried.
 */
export type AppendSource = ValueSource | (() => ValueSource);

/** A request body that is produced while it is sent. */
export interface StreamedBody {
  open(): AsyncIterable<Uint8Array>;
  readonly canReopen: boolean;
  /** The error of the source itself, which a transport may hide behind its own. */
  failure: { error: unknown } | undefined;
}

export function isStreamed(value: Encoded | StreamedBody): value is StreamedBody {
  return typeof value === "object" && "open" in value;
}

export function streamedBody(source: AppendSource, isJsonStream: boolean): StreamedBody {
  const open = typeof source === "function" ? source : () => source;
  const body: StreamedBody = {
    open: () => encodeAll(open(), isJsonStream, body),
    canReopen: typeof source === "function",
    failure: undefined,
  };
  return body;
}

const encoder = new TextEncoder();

/** Yields the values as one JSON array, or one after the other. Its `return` ends the source. */
async function* encodeAll(
  source: ValueSource,
  isJsonStream: boolean,
  body: StreamedBody,
): AsyncGenerator<Uint8Array, void, undefined> {
  let before = "[";
  try {
    for await (const value of "getReader" in source ? readerOf(source) : source) {
      const encoded = encodeValue(value, isJsonStream);
      yield typeof encoded === "string" ? encoder.encode(before + encoded) : encoded;
      before = ",";
    }
  } catch (error) {
    body.failure = { error };
    throw error;
  }
  if (isJsonStream) yield encoder.encode(before === "[" ? "[]" : "]");
}

/** Iterates a web stream; not every browser can do it itself. */
async function* readerOf(
  stream: ReadableStream<unknown>,
): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const result = await reader.read();
      isDone = result.done;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    if (!isDone) await reader.cancel();
    reader.releaseLock();
  }
}
