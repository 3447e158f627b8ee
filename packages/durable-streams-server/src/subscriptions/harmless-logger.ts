import type { Logger } from "../store/logger.ts";

/** A logger that throws must not end the process: background work has nobody who would catch it. */
export function harmlessLogger(logger: Logger): Logger {
  const harmless =
    (level: keyof Logger): Logger["info"] =>
    (details, message) => {
      try {
        logger[level](details, message);
      } catch {
        // There is no other place to report it.
      }
    };
  return { info: harmless("info"), warn: harmless("warn"), error: harmless("error") };
}
