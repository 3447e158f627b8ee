import { parseArgs } from "node:util";
import type { ServerGuardOptions } from "../node/guard-server.ts";
import { isLogLevel, logLevels, type LogLevel } from "./json-logger.ts";
import { parsed, tokenOfEnvironment, UsageError } from "./usage.ts";

export type StoreChoice =
  | { readonly kind: "lmdb"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "memory" };

export interface ServeArguments {
  readonly store: StoreChoice;
  readonly waitForLock: boolean;
  readonly port: number;
  readonly host: string;
  readonly guard: ServerGuardOptions;
  /** `limits.bodiesInFlightBytes` */
  readonly bodyBudgetBytes: number | undefined;
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
        "wait-for-lock": { type: "boolean", default: false },
        port: { type: "string", default: "4437" },
        host: { type: "string", default: "127.0.0.1" },
        "base-path": { type: "string", default: "/v1/stream" },
        "first-byte-timeout": { type: "string" },
        "header-timeout": { type: "string" },
        "min-body-rate": { type: "string" },
        "max-connections": { type: "string" },
        "body-budget": { type: "string" },
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
    waitForLock: values["wait-for-lock"],
    port,
    host: values.host,
    guard: {
      firstByteTimeoutMs: seconds("first-byte-timeout", values["first-byte-timeout"]),
      headersTimeoutMs: seconds("header-timeout", values["header-timeout"]),
      minBodyBytesPerSecond: count("min-body-rate", values["min-body-rate"], 0),
      maxConnections: count("max-connections", values["max-connections"], 1),
    },
    bodyBudgetBytes: count("body-budget", values["body-budget"], 1),
    basePath: values["base-path"],
    tokens: values.token ?? (token ? [token] : []),
    cors: values.cors ?? [],
    publicUrl: values["public-url"],
    allowLocalWebhooks: values["allow-local-webhooks"],
    logLevel,
  };
}

/** A whole number from `min` on; `undefined` if it is not given. */
function count(name: string, value: string | undefined, min: number): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  if (number >= min) return number;
  throw new UsageError(
    `Invalid --${name} ${JSON.stringify(value)}: expected a whole number from ${min}.`,
  );
}

/** A time in milliseconds; 0 stands for no limit. */
function seconds(name: string, value: string | undefined): number | undefined {
  const given = count(name, value, 0);
  return given === 0 ? Infinity : given && given * 1000;
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
