import { once } from "node:events";
import type { Writable } from "node:stream";
import { EventStreamError } from "../event-stream-error.ts";
import { MessageDecoder } from "../stream/message-decoder.ts";
import { formatFrame, toJson, type Frame } from "./format-frame.ts";
import { StreamSummary } from "./stream-summary.ts";
import { terminalText } from "./terminal-text.ts";

/** Options of {@link inspect}. */
export interface InspectOptions {
  readonly json?: boolean;
  readonly summary?: boolean;
  readonly hasColors?: boolean;
}

/**
 * Shows the frames of a stream as they arrive, in constant memory.
 *
 * @returns the exit code: 0, or 1 if it stopped at a bad frame
 */
export async function inspect(
  source: AsyncIterable<Uint8Array>,
  options: InspectOptions,
  output: Writable,
  errors: Writable,
): Promise<0 | 1> {
  const summary = new StreamSummary();
  const print = async (line: string) => {
    if (!output.write(`${line}\n`)) await once(output, "drain");
  };
  let failure: EventStreamError | undefined;
  try {
    for await (const frame of readFrames(source)) {
      if (options.summary) summary.add(frame);
      else await print(options.json ? toJson(frame) : formatFrame(frame, options.hasColors));
    }
  } catch (error) {
    if (!(error instanceof EventStreamError)) throw error;
    failure = error;
  }
  if (options.summary) await print(options.json ? summary.toJson() : summary.toString());
  if (!failure) return 0;
  const { code, offset, message } = failure;
  if (options.json) await print(terminalText(JSON.stringify({ error: { code, offset, message } })));
  errors.write(`eventstream: ${code}: ${terminalText(message)}\n`);
  return 1;
}

async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, undefined> {
  const decoder = new MessageDecoder();
  const readAll = function* (): Generator<Frame, undefined> {
    for (;;) {
      const { offset } = decoder;
      const message = decoder.read();
      if (!message) return undefined;
      yield { offset, byteLength: decoder.offset - offset, message };
    }
  };
  for await (const chunk of source) {
    decoder.push(chunk);
    yield* readAll();
  }
  decoder.end();
  return undefined;
}
