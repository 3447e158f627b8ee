import { BedrockDecoder, type BedrockEvent } from "../decode/bedrock-decoder.ts";
import { BedrockError } from "../bedrock-error.ts";
import { toBase64 } from "../decode/base64.ts";
import { toAgentEvents } from "../agent/to-agent-events.ts";

/** What a command needs of its process, so that a test can be one. */
export interface CommandIo {
  readFile: (path: string) => Promise<Uint8Array>;
  out: (line: string) => void;
  error: (line: string) => void;
}

const usage = `usage: bedrock-events FILE [--json | --agent] [--model ID]

Prints a captured response body of ConverseStream or InvokeModelWithResponseStream,
one event a line. FILE may be - for standard input.

  --json       each event as one JSON object
  --agent      the agent events that the response becomes, as JSON objects
  --model ID   the model that answered; with --agent, tells DeepSeek R1 from Llama
  --help       this text

Exit code 1 if the response is not a whole good response: the error's code is on standard error,
after every event that came before it. Exit code 2 for a wrong option or a file that cannot be read.`;

interface Arguments {
  file: string;
  format: "text" | "json" | "agent";
  model: string | undefined;
}

/** Runs `bedrock-events`. Returns the exit code. */
export async function eventsCommand(args: readonly string[], io: CommandIo): Promise<number> {
  if (args.includes("--help")) {
    io.out(usage);
    return 0;
  }
  const safe: CommandIo = {
    readFile: io.readFile,
    out: (line) => {
      io.out(terminalText(line));
    },
    error: (line) => {
      io.error(terminalText(line));
    },
  };
  let body: Uint8Array;
  let parsed: Arguments;
  try {
    parsed = parseArguments(args);
    body = await io.readFile(parsed.file);
  } catch (error) {
    safe.error(`bedrock-events: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  try {
    if (parsed.format === "agent") await printAgentEvents(body, parsed.model, safe);
    else printEvents(body, parsed.format === "json" ? jsonLine : textLine, safe);
    return 0;
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    safe.error(`${error.code}: ${error.message}`);
    return 1;
  }
}

function parseArguments(args: readonly string[]): Arguments {
  let format: Arguments["format"] = "text";
  let model: string | undefined;
  const files: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (argument === "--json") format = "json";
    else if (argument === "--agent") format = "agent";
    else if (argument === "--model") model = modelAfter(args[++at]);
    else if (argument.startsWith("--")) throw new Error(`there is no option ${argument} (--help)`);
    else files.push(argument);
  }
  const [file] = files;
  if (file === undefined || files.length > 1) throw new Error("one FILE is needed (--help)");
  return { file, format, model };
}

function modelAfter(argument: string | undefined): string {
  if (argument === undefined) throw new Error("--model needs an id (--help)");
  return argument;
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

/** Nothing that came over the wire may speak to the terminal. Spelled out in the way of JSON. */
function terminalText(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The event's type and then its fields, for people. */
function textLine(event: BedrockEvent): string {
  const { type, ...fields } = event;
  return `${type.padEnd(18)} ${jsonLine(fields as BedrockEvent)}`;
}
