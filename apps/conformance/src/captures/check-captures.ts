import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BedrockDecoder, BedrockError, type BedrockEvent } from "@freshet/bedrock-adapter";
import { toBase64 } from "@freshet/core";
import { UsageError } from "../usage-error.ts";
import { describeDifference } from "./difference.ts";

// `pnpm conformance captures DIR`: each NAME.bin in DIR is a captured response body, and NAME.expected.json
// lists what the AWS SDK yields for it: `{eventName: fields}` for ConverseStream, the inner JSON for
// InvokeModel, a blob as `{"$bytes": base64}`, a thrown exception as `{"$thrown": {name, message}}`.

/** The result of decoding a capture at one chunk split. */
interface Outcome {
  yielded: unknown[];
  error?: BedrockError;
}

const splits: Readonly<Record<string, (body: Uint8Array) => Uint8Array[]>> = {
  whole: (body) => [body],
  "byte by byte": (body) => cut(body, () => 1),
  random: (body) => {
    let state = 1;
    return cut(body, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return 1 + ((state >>> 8) % 400);
    });
  },
};

function cut(body: Uint8Array, nextSize: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const end = Math.min(body.length, at + nextSize());
    chunks.push(body.slice(at, end));
    at = end;
  }
  return chunks;
}

function decode(chunks: readonly Uint8Array[]): Outcome {
  const decoder = new BedrockDecoder();
  const yielded: unknown[] = [];
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let event = decoder.read(); event; event = decoder.read())
        yielded.push(toSdkShape(event));
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return { yielded, error };
  }
  return { yielded };
}

/** Converts our event to the SDK's shape, as the expectation files have it. */
function toSdkShape(event: BedrockEvent): unknown {
  if (event.type === "chunk") return event.chunk;
  const { type, ...fields } = event;
  const text = JSON.stringify({ [type]: fields }, (_, value: unknown) =>
    value instanceof Uint8Array ? { $bytes: toBase64(value) } : value,
  );
  return JSON.parse(text) as unknown;
}

/** Describes how an outcome differs from the expectation; `undefined` if it does not. */
function check({ yielded, error }: Outcome, expectation: readonly unknown[]): string | undefined {
  const events = expectation.filter((item) => thrownOf(item) === undefined);
  const thrown = expectation.map(thrownOf).find((item) => item !== undefined);
  const difference = describeDifference(events, yielded);
  if (difference !== undefined) return difference;
  if (thrown) return checkThrown(thrown, error);
  // The SDK treats a truncated response as complete, so this one error of ours is not a difference.
  return error && error.code !== "INCOMPLETE_STREAM" ? String(error) : undefined;
}

interface Thrown {
  name?: string;
  message?: string;
}

function checkThrown(
  { name = "", message = "" }: Thrown,
  error?: BedrockError,
): string | undefined {
  if (!error) return `expected ${name || "an error"}, but the response is complete`;
  // Errors other than the service's exceptions have names and messages of the SDK's own.
  if (!name.endsWith("Exception")) return undefined;
  if (error.exceptionType?.toLowerCase() !== name.toLowerCase()) {
    return `expected ${name}, got ${String(error)}`;
  }
  return error.message.includes(message) ? undefined : `the message of ${name} differs`;
}

function thrownOf(item: unknown): Thrown | undefined {
  return typeof item === "object" && item !== null && "$thrown" in item
    ? (item.$thrown as Thrown)
    : undefined;
}

interface Verdict {
  name: string;
  events: number;
  end: string;
  differences: string[];
}

async function checkCapture(directory: string, name: string): Promise<Verdict> {
  const body = new Uint8Array(await readFile(join(directory, `${name}.bin`)));
  const expectation: unknown = JSON.parse(
    await readFile(join(directory, `${name}.expected.json`), "utf8"),
  );
  if (!Array.isArray(expectation))
    throw new TypeError(`${name}.expected.json is not a JSON array: expected the list of events.`);
  const outcomes = Object.entries(splits).map(([split, chunksOf]) => ({
    split,
    outcome: decode(chunksOf(body)),
  }));
  const differences = outcomes.flatMap(({ split, outcome }) => {
    const difference = check(outcome, expectation);
    return difference === undefined ? [] : [`${split}: ${difference}`];
  });
  const whole = outcomes[0]?.outcome;
  return {
    name,
    events: whole?.yielded.length ?? 0,
    end: whole?.error?.code ?? "complete",
    differences,
  };
}

/** Checks every capture in a folder and prints a table. Returns the exit code. */
export async function checkCaptures(args: readonly string[]): Promise<number> {
  const [given, ...rest] = args;
  if (given === undefined || given.startsWith("-") || rest.length > 0) {
    throw new UsageError("Give exactly one folder of captures: pnpm conformance captures DIR.");
  }
  // The package manager runs this in the repository; INIT_CWD is where it was itself started.
  const directory = resolve(process.env["INIT_CWD"] ?? ".", given);
  const names = await captureNames(directory);
  const width = Math.max(...names.map((name) => name.length));
  let failed = 0;
  for (const name of names.toSorted()) {
    const { events, end, differences } = await checkCapture(directory, name);
    const verdict = differences.length === 0 ? "same" : "DIFFERENT";
    console.log(`${name.padEnd(width)}  ${String(events).padStart(5)} events  ${end}  ${verdict}`);
    for (const difference of differences) console.log(`    ${difference}`);
    if (differences.length > 0) failed++;
  }
  console.log(
    `${names.length - failed} of ${names.length} captures yield what the AWS SDK yields, at each of ${Object.keys(splits).length} chunk splits.`,
  );
  return failed === 0 ? 0 : 1;
}

async function captureNames(directory: string): Promise<string[]> {
  const files = await readdir(directory).catch((error: unknown) => {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new UsageError(`Cannot read the folder ${directory} (${code}).`);
  });
  const names = files.filter((file) => file.endsWith(".bin")).map((file) => file.slice(0, -4));
  if (names.length === 0) throw new UsageError(`There is no .bin file in ${directory}.`);
  return names;
}
