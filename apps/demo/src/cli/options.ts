import { accessSync, constants, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { argumentsProblem } from "@freshet/core";
import type { PipelineOptions } from "../pipeline/pipeline-options.ts";
import type { StreamsServer } from "../protocol/processes.ts";
import { UsageError } from "./usage-error.ts";

/** The command line's options. */
export interface DemoOptions extends PipelineOptions {
  readonly prompt: string;
  readonly cuts: number;
  /** Whether to open the page in a browser. */
  readonly open: boolean;
  /** The port of the page; 0 takes a free one. */
  readonly port: number;
  readonly json: boolean;
  /** The folder that every process writes its CPU profile into when it ends. */
  readonly profile: string | undefined;
}

export const help = `Usage: npm run demo -- [options]

Carries a response from Bedrock's binary frames to a reader whose connection is cut again and again,
and proves that nothing was lost or repeated; then serves a page on which you can break it yourself.
Everything runs on loopback.

  --prompt TEXT       the prompt to send
  --replay FILE       replay a captured Bedrock response body (Converse or InvokeModel)
  --cuts N            how many times the reader's connection is cut (default 5)
  --seed N            chooses the faults: the same seed gives the same ones (default: random)
  --pace N            tokens per second of the simulated model (default 60)
  --once              exit after the run; without it the page is served until Ctrl-C
  --no-run            only serve the page
  --open              open the page in a browser
  --port N            serve the page on this port (default: a free one)
  --json              print the summary as one line of JSON and nothing else
  --model ID          call this model on the real Amazon Bedrock, with AWS_BEARER_TOKEN_BEDROCK or with
                      AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment
  --region REGION     the AWS region of that model (default AWS_REGION, else us-east-1)
  --streams-url URL   use this durable streams server instead of starting one
  --server NAME       the durable streams server to start: freshet (@freshet/durable-streams-server, the
                      default) or reference (@durable-streams/server, the protocol authors' own)
  --bedrock-url URL   use this simulated Bedrock instead of starting one
  --batch MS          how long tokens are gathered before they are written (default 50)
  --turns N           how many turns may run at the same time (default 32)
  --profile DIR       write a CPU profile of every process into this folder when it ends
  --help, -h          print this text
  --version           print the version

Exit status: 0 when nothing was lost or repeated (of a replayed capture: and the reader got what it holds),
1 when something was or the demo failed, 2 for wrong options, 130 when interrupted.
`;

const defaultPrompt = "How high is the Elbe at Dresden, and is it rising?";

/** Parses the command line. Returns "help" or "version" for those options; throws {@link UsageError}. */
export function parseOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): DemoOptions | "help" | "version" {
  const values = parse(args);
  if (values.help) return "help";
  if (values.version) return "version";
  const { replay, model } = values;
  if (values["no-run"] && (values.once || values.json)) {
    throw new UsageError("--no-run leaves --once and --json nothing to do: drop one of them.");
  }
  if (replay !== undefined) checkReadable(replay);
  if (replay !== undefined && model !== undefined) {
    throw new UsageError(
      "--replay and --model exclude each other: a response is either replayed or requested.",
    );
  }
  if (replay !== undefined && values["bedrock-url"] !== undefined) {
    throw new UsageError(
      "--replay and --bedrock-url exclude each other: the simulated Bedrock that the demo starts replays the capture.",
    );
  }
  if (model !== undefined) checkCredentials(env);
  return {
    prompt: values.prompt ?? defaultPrompt,
    replay,
    cuts: wholeNumber("--cuts", values.cuts, 1000) ?? 5,
    seed: wholeNumber("--seed", values.seed, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32),
    pace: wholeNumber("--pace", values.pace, 100_000, 1) ?? 60,
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
    maxTurns: wholeNumber("--turns", values.turns, 10_000, 1) ?? 32,
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
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(argumentsProblem(error));
  }
}

function wholeNumber(
  name: string,
  value: string | undefined,
  max: number,
  min = 0,
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw new UsageError(
      `Invalid ${name} "${value}": expected a whole number from ${min} to ${max}.`,
    );
  }
  return number;
}

function streamsServer(server: string | undefined): StreamsServer {
  if (server === undefined) return "freshet";
  if (server === "reference" || server === "freshet") return server;
  throw new UsageError(`Invalid --server "${server}": expected freshet or reference.`);
}

function httpUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return value;
  throw new UsageError(
    `Invalid ${name} "${value}": expected an http or https URL like "http://127.0.0.1:4437".`,
  );
}

function checkReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
    if (statSync(file).isFile()) return;
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--replay cannot read ${file} (${code}): expected a captured response body.`,
    );
  }
  throw new UsageError(`--replay cannot read ${file}: it is not a file.`);
}

function checkCredentials(env: NodeJS.ProcessEnv): void {
  if (env["AWS_BEARER_TOKEN_BEDROCK"]) return;
  if (env["AWS_ACCESS_KEY_ID"] && env["AWS_SECRET_ACCESS_KEY"]) return;
  throw new UsageError(
    "--model calls the real Bedrock and needs credentials: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  );
}
