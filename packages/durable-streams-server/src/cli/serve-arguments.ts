import { parseArgs } from "node:util";
import { isLogLevel, logLevels, type LogLevel } from "./json-logger.ts";
import { parsed, tokenOfEnvironment, UsageError } from "./usage.ts";

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
  readonly logLevel: LogLevel;
}

/** @returns `undefined` if help is requested */
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
  if (values.port === "" || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(
      `Invalid --port ${JSON.stringify(values.port)}: expected a number from 0 to 65535.`,
    );
  }
  const logLevel = values["log-level"];
  if (!isLogLevel(logLevel)) {
    throw new UsageError(
      `Invalid --log-level ${JSON.stringify(logLevel)}: expected one of ${logLevels.join(", ")}.`,
    );
  }
  const token = tokenOfEnvironment();
  return {
    store: storeChoice(values),
    port,
    host: values.host,
    basePath: values["base-path"],
    tokens: values.token ?? (token ? [token] : []),
    cors: values.cors ?? [],
    publicUrl: values["public-url"],
    allowLocalWebhooks: values["allow-local-webhooks"],
    logLevel,
  };
}

function storeChoice(values: {
  data?: string | undefined;
  postgres?: string | undefined;
  memory?: boolean | undefined;
}): StoreChoice {
  const choices: StoreChoice[] = [];
  if (values.data === "") throw new UsageError("--data is empty: expected a folder.");
  if (values.data !== undefined) choices.push({ kind: "lmdb", path: values.data });
  if (values.postgres !== undefined) {
    // The value is not repeated: it may contain a password.
    if (!/^postgres(ql)?:\/\/./.test(values.postgres)) {
      throw new UsageError(
        "Invalid --postgres: expected a URL such as postgres://user@host/database.",
      );
    }
    choices.push({ kind: "postgres", url: values.postgres });
  }
  if (values.memory) choices.push({ kind: "memory" });
  if (choices.length > 1) {
    throw new UsageError("Choose one of --data DIR, --postgres URL and --memory.");
  }
  return choices[0] ?? { kind: "memory" };
}
