import { parseArgs } from "node:util";

export const usage = `durable-streams: a server of the Durable Streams protocol

  durable-streams serve (--data DIR | --postgres URL | --memory) [options]
    --data DIR             keep the streams in a folder, in LMDB (needs the package lmdb)
    --postgres URL         keep them in PostgreSQL (needs the package postgres)
    --memory               keep them in memory: they end with the process
    --port PORT            default 4437; 0 takes a free one
    --host HOST            default 127.0.0.1; 0.0.0.0 or :: for all addresses
    --base-path PATH       the URL path in front of streams, default /v1/stream
    --token TOKEN          ask for "Authorization: Bearer TOKEN"; may be repeated. Also, out of
                           sight of other users, from the environment: DURABLE_STREAMS_TOKEN
    --cors ORIGIN          let pages of an origin in, or of all ("*"); may be repeated
    --public-url URL       the origin that clients know: for Location, and the callbacks of subscriptions
    --allow-local-webhooks let webhooks go to http://localhost (development)
    --log-level LEVEL      trace, debug, info (default), warn, error, fatal or silent

  durable-streams inspect URL [options]
    lists the messages of a stream with their positions
    --offset OFFSET        where to begin (default -1, the start)
    --follow               go on when the end is reached
    --json                 one JSON object a line
    --token TOKEN          sent as "Authorization: Bearer TOKEN"; or DURABLE_STREAMS_TOKEN`;

/** What was typed makes no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

export type StoreChoice =
  | { readonly kind: "lmdb"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "memory" };

export interface ServeArguments {
  readonly store: StoreChoice;
  readonly port: number;
  readonly host: string;
  readonly basePath: string;
  readonly tokens: readonly string[];
  readonly cors: readonly string[];
  readonly publicUrl: string | undefined;
  readonly allowLocalWebhooks: boolean;
  readonly logLevel: string;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** Runs a parser whose complaints are about what was typed. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ", 1)[0], { cause: error });
  }
}

export function serveArguments(args: string[]): ServeArguments | undefined {
  const { values } = parsed(() =>
    parseArgs({
      args,
      options: {
        data: { type: "string" },
        postgres: { type: "string" },
        memory: { type: "boolean" },
        port: { type: "string", default: "4437" },
        host: { type: "string", default: "127.0.0.1" },
        "base-path": { type: "string", default: "/v1/stream" },
        token: { type: "string", multiple: true },
        cors: { type: "string", multiple: true },
        "public-url": { type: "string" },
        "allow-local-webhooks": { type: "boolean", default: false },
        "log-level": { type: "string", default: "info" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not ${values.port}`);
  }
  if (!logLevels.includes(values["log-level"])) {
    throw new UsageError(`--log-level must be one of ${logLevels.join(", ")}`);
  }
  return {
    store: storeChoice(values),
    port,
    host: values.host,
    basePath: values["base-path"],
    tokens: values.token ?? tokensOfEnvironment(),
    cors: values.cors ?? [],
    publicUrl: values["public-url"],
    allowLocalWebhooks: values["allow-local-webhooks"],
    logLevel: values["log-level"],
  };
}

function storeChoice(values: {
  data?: string | undefined;
  postgres?: string | undefined;
  memory?: boolean | undefined;
}): StoreChoice {
  const choices: StoreChoice[] = [];
  if (values.data === "") throw new UsageError("--data must be a folder");
  if (values.data !== undefined) choices.push({ kind: "lmdb", path: values.data });
  if (values.postgres !== undefined) {
    // What was typed is not repeated: there may be a password in it.
    if (!/^postgres(ql)?:\/\/./.test(values.postgres)) {
      throw new UsageError("--postgres must be a URL such as postgres://user@host/database");
    }
    choices.push({ kind: "postgres", url: values.postgres });
  }
  if (values.memory) choices.push({ kind: "memory" });
  const [choice] = choices;
  if (choice && choices.length === 1) return choice;
  throw new UsageError("Say where the streams live: one of --data DIR, --postgres URL or --memory");
}

function tokensOfEnvironment(): string[] {
  const token = process.env["DURABLE_STREAMS_TOKEN"];
  return token ? [token] : [];
}

export interface InspectArguments {
  readonly url: URL;
  readonly offset: string;
  readonly follow: boolean;
  readonly json: boolean;
  readonly token: string | undefined;
}

export function inspectArguments(args: string[]): InspectArguments | undefined {
  const { values, positionals } = parsed(() =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        offset: { type: "string", default: "-1" },
        follow: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        token: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  if (values.help) return undefined;
  const [text, ...others] = positionals;
  if (text === undefined || others.length > 0) throw new UsageError("Give the URL of one stream");
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UsageError(`${text} is not an http URL`);
  }
  return {
    url: new URL(text),
    offset: values.offset,
    follow: values.follow,
    json: values.json,
    token: values.token ?? tokensOfEnvironment()[0],
  };
}
