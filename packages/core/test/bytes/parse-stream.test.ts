import { cutAt, utf8 } from "@freshet/test-support";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FreshetError, parseStream, type ByteSource, type PushParser } from "../../src/index.ts";

/** Lines of text. `!` is bad input; a last line without an end is cut. */
class LineParser implements PushParser<string> {
  #text = "";
  readonly #onFail: ((error: unknown) => boolean) | undefined;
  #last: string | undefined;

  constructor(onFail?: (error: unknown) => boolean) {
    this.#onFail = onFail;
    if (!onFail) Object.defineProperty(this, "fail", { value: undefined });
  }

  push(chunk: Uint8Array): void {
    this.#text += new TextDecoder().decode(chunk);
  }

  read(): string | undefined {
    if (this.#last !== undefined) {
      const last = this.#last;
      this.#last = undefined;
      return last;
    }
    const end = this.#text.indexOf("\n");
    if (end < 0) return undefined;
    const line = this.#text.slice(0, end);
    if (line === "!") throw new Error("bad input");
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  end(): void {
    if (this.#text !== "" && !this.#text.includes("\n")) throw new Error("cut off");
  }

  fail(error: unknown): boolean {
    this.#text = "";
    this.#last = `failed: ${String(error)}`;
    return this.#onFail?.(error) ?? false;
  }
}

async function collect(stream: AsyncIterable<string>) {
  const lines: string[] = [];
  try {
    for await (const line of stream) lines.push(line);
  } catch (error) {
    return { lines, error };
  }
  return { lines };
}

function streamOf(text: string, onCancel: (reason: unknown) => void = () => undefined) {
  let isSent = false;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!isSent) controller.enqueue(utf8(text));
      isSent = true;
    },
    cancel: onCancel,
  });
}

const variants: [
  string,
  (source: ByteSource, parser: PushParser<string>) => AsyncGenerator<string>,
][] = [
  ["plain", (source, parser) => parseStream(source, parser)],
  [
    "loaded at the first read",
    (source, parser) => parseStream(source, () => Promise.resolve(parser)),
  ],
  [
    "with a signal and an idle limit",
    (source, parser) =>
      parseStream(source, parser, { signal: new AbortController().signal, idleTimeoutMs: 60_000 }),
  ],
];

describe.each(variants)("%s", (_, open) => {
  test("values come in order, however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-z]{0,5}$/)),
        fc.array(fc.nat(60)),
        async (lines, cuts) => {
          const all = utf8(lines.map((line) => `${line}\n`).join(""));
          const chunks = cutAt(
            all,
            cuts.toSorted((a, b) => a - b),
          );
          expect(await collect(open(chunks, new LineParser()))).toEqual({ lines });
        },
      ),
    );
  });

  test("bad input throws after every good value, and the source is cancelled", async () => {
    const cancelled = vi.fn();
    const stream = open(streamOf("a\nb\n!\nc\n", cancelled), new LineParser());
    expect(await collect(stream)).toEqual({ lines: ["a", "b"], error: new Error("bad input") });
    expect(cancelled).toHaveBeenCalledOnce();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("a source that ends too early throws what the parser's end throws", async () => {
    expect(await collect(open([utf8("a\nb")], new LineParser()))).toEqual({
      lines: ["a"],
      error: new Error("cut off"),
    });
  });

  test("an error of the source is thrown as it is", async () => {
    async function* broken() {
      yield await Promise.resolve(utf8("a\n"));
      throw new Error("reset");
    }
    expect(await collect(open(broken(), new LineParser()))).toEqual({
      lines: ["a"],
      error: new Error("reset"),
    });
  });

  test("leaving the loop cancels the source", async () => {
    const cancelled = vi.fn();
    for await (const line of open(streamOf("a\nb\n", cancelled), new LineParser())) {
      expect(line).toBe("a");
      break;
    }
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("return before the first read cancels the source", async () => {
    const cancelled = vi.fn();
    await open(streamOf("a\n", cancelled), new LineParser()).return(undefined);
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("return is heard while a silent source is read, and the read ends", async () => {
    const cancelled = vi.fn();
    const stream = open(new ReadableStream({ cancel: cancelled }), new LineParser());
    const pending = stream.next();
    await stream.return(undefined);
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test("calls of next queue", async () => {
    const stream = open([utf8("a\nb"), utf8("\nc\n")], new LineParser());
    const all = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(all.map(({ value }) => value as unknown)).toEqual(["a", "b", "c", undefined]);
  });
});

test("nothing is read ahead of the consumer", async () => {
  const next = vi.fn(() => ({ done: false as const, value: utf8("a\nb\n") }));
  const stream = parseStream({ [Symbol.iterator]: () => ({ next }) }, new LineParser());
  expect(next).not.toHaveBeenCalled();
  await stream.next();
  await stream.next();
  expect(next).toHaveBeenCalledOnce();
});

test("an abort throws the signal's own reason immediately and cancels the source", async () => {
  const cancelled = vi.fn();
  const controller = new AbortController();
  const toError = vi.fn();
  const stream = parseStream(streamOf("a\n", cancelled), new LineParser(), {
    signal: controller.signal,
    toError,
  });
  await stream.next();
  const pending = stream.next();
  controller.abort("enough");
  await expect(pending).rejects.toBe("enough");
  expect(cancelled).toHaveBeenCalledOnce();
  expect(toError).not.toHaveBeenCalled();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("silence is an error with a code", async () => {
  const stream = parseStream(new ReadableStream(), new LineParser(), { idleTimeoutMs: 10 });
  const error = await stream.next().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FreshetError);
  expect(error).toMatchObject({ code: "IDLE_TIMEOUT", retryable: true });
});

test("toError gives the error to throw, and is told where it came from", async () => {
  const toError = (error: unknown, origin: string) => new Error(`${origin}: ${String(error)}`);
  const parsed = parseStream([utf8("!\n")], new LineParser(), { toError });
  expect((await collect(parsed)).error).toEqual(new Error("parser: Error: bad input"));
  const broken = parseStream(
    new ReadableStream({ pull: () => Promise.reject(new Error("reset")) }),
    new LineParser(),
    { toError },
  );
  expect((await collect(broken)).error).toEqual(new Error("source: Error: reset"));
});

test("a parser may turn a failure into a value, or give a last value before it", async () => {
  const kept = parseStream([utf8("a\n!\n")], new LineParser(() => true));
  expect(await collect(kept)).toEqual({ lines: ["a", "failed: Error: bad input"] });
  const thrown = parseStream([utf8("a\n!\n")], new LineParser(() => false));
  expect(await collect(thrown)).toEqual({
    lines: ["a", "failed: Error: bad input"],
    error: new Error("bad input"),
  });
});

test("onEnd is called once: at the end, at a failure, at a return", async () => {
  for (const run of [
    (stream: AsyncGenerator<string>) => collect(stream),
    (stream: AsyncGenerator<string>) => stream.return(undefined),
  ]) {
    for (const text of ["a\n", "!\n"]) {
      const onEnd = vi.fn();
      const stream = parseStream([utf8(text)], new LineParser(), { onEnd });
      await run(stream);
      await stream.return(undefined);
      expect(onEnd).toHaveBeenCalledOnce();
    }
  }
});

test("a parser that cannot be loaded is an error, and the source is cancelled", async () => {
  const cancelled = vi.fn();
  const stream = parseStream(streamOf("a\n", cancelled), () => Promise.reject(new Error("chunk")));
  await expect(stream.next()).rejects.toThrow("chunk");
  expect(cancelled).toHaveBeenCalledOnce();
});

const { asyncDispose } = Symbol as unknown as { asyncDispose?: symbol };

test.runIf(asyncDispose)("disposing returns it", async () => {
  const cancelled = vi.fn();
  const stream = parseStream(streamOf("a\n", cancelled), new LineParser()) as unknown as Record<
    symbol,
    () => Promise<void>
  >;
  await stream[asyncDispose ?? Symbol()]?.();
  expect(cancelled).toHaveBeenCalledOnce();
});
