import { accessSync, constants, statSync } from "node:fs";
import { parseArgs } from "node:util";
import type { StreamsServer } from "../services/streams.ts";

/** What the command line asks for. */
export interface DemoOptions {
  readonly prompt: string;
  /** A captured Bedrock response body that becomes the answer. */
  readonly replay: string | undefined;
  readonly cuts: number;
  readonly seed: number;
  /** Tokens a second of the simulated model. */
  readonly pace: number;
  /** Whether the run in the terminal comes first. */
  readonly run: boolean;
  /** Exit after the run; the page is not served. */
  readonly once: boolean;
  /** Open the page in a browser. */
  readonly open: boolean;
  /** Where the page is served; 0 takes a free port. */
  readonly port: number;
  readonly json: boolean;
  /** With it the real Bedrock is asked, with the credentials of the environment. */
  readonly model: string | undefined;
  readonly region: string;
  /** Another durable streams server than the one that the demo starts. */
  readonly streamsUrl: string | undefined;
  /** Which one it starts. */
  readonly streamsServer: StreamsServer;
  /** Another simulated Bedrock than the one that the demo starts. */
  readonly bedrockUrl: string | undefined;
  /** How long tokens are gathered before they are written, in milliseconds. */
  readonly batchMs: number;
  /** How many answers may run at the same time. */
  readonly maxTurns: number;
  /** The folder that every process writes its CPU profile into when it ends. */
  readonly profile: string | undefined;
}

/** A command line that cannot be carried out: one line for the user. */
export class UsageError extends Error {}

export const help = `npm run demo -- [options]

Carries an answer from Bedrock's binary frames to a reader whose connection is cut again and again,
and proves that nothing was lost or repeated; then serves a page on which you can break it yourself.
Everything runs on loopback.

  --prompt TEXT       what to ask
  --replay FILE       a captured Bedrock response body (Converse or InvokeModel) becomes the answer
  --cuts N            how many times the reader's connection is cut (default 5)
  --seed N            which faults: the same seed gives the same ones (default: a new one every time)
  --pace N            tokens a second of the simulated model (default 60)
  --once              exit when done; without it the page is served until Ctrl-C
  --no-run            only serve the page
  --open              open the page in a browser
  --port N            serve the page on this port (default: a free one)
  --json              print the summary as one line of JSON and nothing else
  --model ID          ask this model on the real Amazon Bedrock, with AWS_BEARER_TOKEN_BEDROCK or with
                      AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment
  --region REGION     the AWS region of that model (default AWS_REGION, else us-east-1)
  --streams-url URL   use this durable streams server instead of starting one
  --server NAME       which one is started: freshet (@freshet/durable-streams-server, the default) or
                      reference (@durable-streams/server, the protocol authors' own)
  --bedrock-url URL   use this simulated Bedrock instead of starting one
  --batch MS          how long tokens are gathered before they are written (default 50)
  --turns N           how many answers may run at the same time (default 32)
  --profile DIR       write a CPU profile of every process into this folder when it ends
  --help              this text
`;

const defaultPrompt = "How high is the Elbe at Dresden, and is it rising?";

/** Reads the command line. Returns "help" when that is asked for; throws {@link UsageError}. */
export function parseOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): DemoOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const { replay, model } = values;
  if (values["no-run"] && (values.once || values.json)) {
    throw new UsageError("--no-run leaves nothing to do for --once and --json.");
  }
  if (replay !== undefined) checkReadable(replay);
  if (replay !== undefined && model !== undefined) {
    throw new UsageError(
      "--replay and --model exclude each other: an answer is either captured or asked for.",
    );
  }
  if (model !== undefined) checkCredentials(env);
  return {
    prompt: values.prompt ?? defaultPrompt,
    replay,
    cuts: wholeNumber("--cuts", values.cuts, 1000) ?? 5,
    seed: wholeNumber("--seed", values.seed, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32),
    pace: wholeNumber("--pace", values.pace, 100_000) ?? 60,
    run: !values["no-run"],
    once: values.once ?? false,
    open: values.open ?? false,
    port: wholeNumber("--port", values.port, 65_535) ?? 0,
    json: values.json ?? false,
    model,
    region: values.region ?? env["AWS_REGION"] ?? "us-east-1",
    streamsServer: streamsServer(values.server),
    streamsUrl: httpUrl("--streams-url", values["streams-url"]),
    bedrockUrl: httpUrl("--bedrock-url", values["bedrock-url"]),
    batchMs: wholeNumber("--batch", values.batch, 10_000) ?? 50,
    maxTurns: wholeNumber("--turns", values.turns, 10_000) ?? 32,
    profile: values.profile,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        prompt: { type: "string" },
        replay: { type: "string" },
        cuts: { type: "string" },
        seed: { type: "string" },
        pace: { type: "string" },
        once: { type: "boolean" },
        "no-run": { type: "boolean" },
        open: { type: "boolean" },
        port: { type: "string" },
        json: { type: "boolean" },
        model: { type: "string" },
        region: { type: "string" },
        "streams-url": { type: "string" },
        server: { type: "string" },
        "bedrock-url": { type: "string" },
        batch: { type: "string" },
        turns: { type: "string" },
        profile: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    // The first sentence names the option; the rest is about positional arguments, which we have none of.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence ?? "Wrong options"}.`);
  }
}

function wholeNumber(name: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > max) {
    throw new UsageError(`${name} takes a whole number from 0 to ${max}, not "${value}".`);
  }
  return number;
}

function streamsServer(server: string | undefined): StreamsServer {
  if (server === undefined) return "freshet";
  if (server === "reference" || server === "freshet") return server;
  throw new UsageError(`--server is reference or freshet, not "${server}".`);
}

function httpUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return value;
  throw new UsageError(`${name} takes an http or https URL, not "${value}".`);
}

function checkReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
    if (statSync(file).isFile()) return;
  } catch (error) {
    throw new UsageError(
      `--replay: cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`,
    );
  }
  throw new UsageError(`--replay: ${file} is not a file.`);
}

function checkCredentials(env: NodeJS.ProcessEnv): void {
  if (env["AWS_BEARER_TOKEN_BEDROCK"]) return;
  if (env["AWS_ACCESS_KEY_ID"] && env["AWS_SECRET_ACCESS_KEY"]) return;
  throw new UsageError(
    "--model asks the real Bedrock: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  );
}
