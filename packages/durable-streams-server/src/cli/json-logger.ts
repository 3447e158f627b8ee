import { hostname } from "node:os";
import type { Logger } from "../store/logger.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** The numbers that pino gives the levels. */
const levels: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Infinity,
};

export const logLevels: readonly string[] = Object.keys(levels);

export function isLogLevel(text: string): text is LogLevel {
  return Object.hasOwn(levels, text);
}

/** Logs JSON lines in the format of pino, so that its tools read them. */
export function jsonLogger(
  minLevel: LogLevel,
  write: (line: string) => unknown = (line) => process.stdout.write(line),
): Logger {
  const from = { pid: process.pid, hostname: hostname() };
  const log = (level: "info" | "warn" | "error") => (details: object, msg: string) => {
    if (levels[level] < levels[minLevel]) return;
    const line = { level: levels[level], time: Date.now(), ...from, ...details, msg };
    write(`${JSON.stringify(line, serializeError)}\n`);
  };
  return { info: log("info"), warn: log("warn"), error: log("error") };
}

/** The fields of an error are not enumerable, so JSON would lose them. */
function serializeError(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name: type, message, stack, cause } = value;
  const facts = Object.fromEntries(Object.entries(value));
  return { ...facts, type, message, stack, ...(cause !== undefined && { cause }) };
}
