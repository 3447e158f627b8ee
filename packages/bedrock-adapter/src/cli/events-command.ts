import { parseArgs } from "node:util";
import { argumentsProblem, toBase64 } from "@freshet/core";
import { toAgentEvents } from "../agent/to-agent-events.ts";
import { BedrockError } from "../bedrock-error.ts";
import { BedrockDecoder, type BedrockEvent } from "../decode/bedrock-decoder.ts";

/** What the command needs from its process; a test passes its own. */
export interface CommandIo {
  version: string;
  readFile: (path: string) => Promise<Uint8Array>;
  out: (line: string) => void;
  error: (line: string) => void;
}

const usage = `usage: bedrock-events FILE [--json | --agent] [--model ID]

Prints a captured response body of ConverseStream or InvokeModelWithResponseStream,
one event per line. FILE may be - for standard input.

  --json       print each event as a JSON object
  --agent      print the agent events of the response as JSON objects
  --model ID   with --agent: the model's id, to distinguish DeepSeek R1 from Llama
  --version    print the version
  --help       print this text

Exit code 1 if the response failed or is incomplete: the error's code is on standard error, after
every event that came before it. Exit code 2 for a wrong option or a file that cannot be read.`;

/** Runs `bedrock-events`. Returns the exit code. */
export async function eventsCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const safe: CommandIo = {
    ...io,
    out: (line) => {
      io.out(terminalText(line));
    },
    error: (line) => {
      io.error(terminalText(line));
    },
  };
  const fail = (error: unknown) => {
    safe.error(`bedrock-events: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  };
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    fail(argumentsProblem(error));
    io.error("Try bedrock-events --help.");
    return 2;
  }
  if (options.help || options.version) {
    io.out(options.help ? usage : io.version);
    return 0;
  }
  let body: Uint8Array;
  try {
    body = await io.readFile(options.file);
  } catch (error) {
    return fail(error);
  }
  return print(body, options, safe);
}

interface Options {
  file: string;
  json: boolean;
  agent: boolean;
  model?: string | undefined;
  help: boolean;
  version: boolean;
}

function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      agent: { type: "boolean", default: false },
      model: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
      version: { type: "boolean", default: false },
    },
  });
  const [file = "", ...others] = positionals;
  if (!values.help && !values.version) {
    if (file === "") throw new Error("FILE is missing.");
    if (others.length > 0) throw new Error(`Expected one FILE, not also ${others.join(" ")}.`);
    if (values.json && values.agent) throw new Error("Use either --json or --agent.");
  }
  return { ...values, file };
}

async function print(body: Uint8Array, options: Options, io: CommandIo): Promise<number> {
  try {
    if (options.agent) await printAgentEvents(body, options.model, io);
    else printEvents(body, options.json ? jsonLine : textLine, io);
    return 0;
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    io.error(`${error.code}: ${error.message}`);
    return 1;
  }
}

function printEvents(
  body: Uint8Array,
  format: (event: BedrockEvent) => string,
  io: CommandIo,
): void {
  const decoder = new BedrockDecoder().push(body);
  for (let event = decoder.read(); event; event = decoder.read()) io.out(format(event));
  decoder.end();
}

async function printAgentEvents(
  body: Uint8Array,
  model: string | undefined,
  io: CommandIo,
): Promise<void> {
  for await (const event of toAgentEvents(eventsOf(body), { model })) io.out(JSON.stringify(event));
}

function* eventsOf(body: Uint8Array): Generator<BedrockEvent> {
  const decoder = new BedrockDecoder().push(body);
  for (let event = decoder.read(); event; event = decoder.read()) yield event;
  decoder.end();
}

function jsonLine(event: BedrockEvent): string {
  return JSON.stringify(event, (_, value: unknown) =>
    value instanceof Uint8Array ? { $bytes: toBase64(value) } : value,
  );
}

/** Escapes control characters as JSON does, so that the wire cannot control the terminal. */
function terminalText(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The event's type and then its fields, for people to read. */
function textLine(event: BedrockEvent): string {
  const { type, ...fields } = event;
  return `${type.padEnd(18)} ${jsonLine(fields as BedrockEvent)}`;
}
