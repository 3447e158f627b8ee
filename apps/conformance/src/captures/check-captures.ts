import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BedrockDecoder, BedrockError, type BedrockEvent } from "@freshet/bedrock-adapter";
import { describeDifference } from "./difference.ts";

// `pnpm conformance captures DIR`: every NAME.bin in DIR is a captured response body, NAME.expected.json
// what the AWS SDK yields for it: `{eventName: fields}` for ConverseStream, the inner JSON for
// InvokeModel, a blob as `{"$bytes": base64}`, a thrown exception as `{"$thrown": {name, message}}`.

/** What came out of a capture at one slicing. */
interface Outcome {
  yielded: unknown[];
  error?: BedrockError;
}

const slicings: Readonly<Record<string, (body: Uint8Array) => Uint8Array[]>> = {
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
      for (let event = decoder.read(); event; event = decoder.read()) yielded.push(asSdk(event));
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return { yielded, error };
  }
  return { yielded };
}

/** Our event in the SDK's shape, as the expectation files write it. */
function asSdk(event: BedrockEvent): unknown {
  if (event.type === "chunk") return event.chunk;
  const { type, ...fields } = event;
  const text = JSON.stringify({ [type]: fields }, (_, value: unknown) =>
    value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString("base64") } : value,
  );
  return JSON.parse(text) as unknown;
}

/** @returns what differs from the expectation, or `undefined` */
function check({ yielded, error }: Outcome, expectation: readonly unknown[]): string | undefined {
  const events = expectation.filter((item) => thrownOf(item) === undefined);
  const thrown = expectation.map(thrownOf).find((item) => item !== undefined);
  const difference = describeDifference(events, yielded);
  if (difference !== undefined) return difference;
  if (thrown) return checkThrown(thrown, error);
  // The SDK takes a cut answer for a whole one; that one error of ours is no difference.
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
  if (!error) return `${name || "an error"} was expected, and none came`;
  // Errors that are no exception of the service have names and words of the SDK's own.
  if (!name.endsWith("Exception")) return undefined;
  if (error.exceptionType?.toLowerCase() !== name.toLowerCase()) {
    return `${name} was expected, and ${String(error)} came`;
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
  if (!Array.isArray(expectation)) throw new TypeError(`${name}.expected.json is not a list.`);
  const outcomes = Object.entries(slicings).map(([slicing, chunksOf]) => ({
    slicing,
    outcome: decode(chunksOf(body)),
  }));
  const differences = outcomes.flatMap(({ slicing, outcome }) => {
    const difference = check(outcome, expectation);
    return difference === undefined ? [] : [`${slicing}: ${difference}`];
  });
  const whole = outcomes[0]?.outcome;
  return {
    name,
    events: whole?.yielded.length ?? 0,
    end: whole?.error?.code ?? "complete",
    differences,
  };
}

/** Checks every capture of a folder and prints a table. Returns the exit code. */
export async function captures(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) {
    console.error("usage: pnpm conformance captures DIR");
    return 2;
  }
  // The package manager starts this in its package's folder, and says where it was started itself.
  const directory = resolve(process.env["INIT_CWD"] ?? ".", given);
  const files = await readdir(directory);
  const names = files.filter((file) => file.endsWith(".bin")).map((file) => file.slice(0, -4));
  if (names.length === 0) {
    console.error(`There is no .bin file in ${directory}.`);
    return 2;
  }
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
    `${names.length - failed} of ${names.length} captures give what the AWS SDK gives, at each of ${Object.keys(slicings).length} slicings.`,
  );
  return failed === 0 ? 0 : 1;
}
