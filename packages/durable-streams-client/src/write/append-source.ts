import { type Encoded, encodeValue } from "./encode.ts";

/** Values to append: those of a web stream, a generator, an array. */
export type ValueSource = ReadableStream<unknown> | AsyncIterable<unknown> | Iterable<unknown>;

/**
 * What `DurableStream.appendStream` sends. A function gives the values anew for every try; anything
 * else can be read once, so a request that fails half way is not tried again.
 */
export type AppendSource = ValueSource | (() => ValueSource);

/** A request body that is made while it is sent. */
export interface StreamedBody {
  open(): AsyncIterable<Uint8Array>;
  readonly canReopen: boolean;
  /** What the source itself threw; a transport may hide it behind an error of its own. */
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

/** The values as one JSON array, or one after the other. Leaving it leaves the source. */
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

/** Not every browser can iterate a stream. */
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
