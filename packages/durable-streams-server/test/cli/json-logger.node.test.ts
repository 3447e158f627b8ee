import { pino } from "pino";
import { expect, test } from "vitest";
import { jsonLogger, type LogLevel } from "../../src/cli/json-logger.ts";
import type { Logger } from "../../src/index.ts";

function linesOf(use: (logger: Logger) => void, make: (write: (line: string) => void) => Logger) {
  const lines: unknown[] = [];
  use(make((line) => lines.push(JSON.parse(line))));
  return lines;
}

const ours = (level: LogLevel) => (write: (line: string) => void) => jsonLogger(level, write);
const pinos = (level: LogLevel) => (write: (line: string) => void) => pino({ level }, { write });

const error = Object.assign(new TypeError("no"), { code: "X" });

/** Without what differs from call to call. */
const comparable = (lines: unknown[]) => lines.map((line) => ({ ...(line as object), time: 0 }));

test.each(["info", "warn", "silent"] as const)("at level %s the lines are pino's", (level) => {
  const use = (logger: Logger) => {
    logger.info({ url: "http://localhost", port: 1 }, "listening");
    logger.warn({}, 'a "quoted"\nmessage');
    logger.error({ err: error, path: "/a" }, "failed");
  };
  const lines = comparable(linesOf(use, ours(level)));
  expect(lines).toEqual(comparable(linesOf(use, pinos(level))));
  expect(lines).toHaveLength({ info: 3, warn: 2, silent: 0 }[level]);
});

test("the cause of an error is logged with it", () => {
  const err = new Error("outer", { cause: new Error("inner") });
  const lines = linesOf((logger) => logger.error({ err }, "failed"), ours("info"));
  expect(lines).toMatchObject([{ err: { message: "outer", cause: { message: "inner" } } }]);
});
