import { DurableStreamsServerError } from "../../store/errors.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** Another process came between: the same again will do. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01", "23505"].includes(codeOf(error));
}

/** The statement itself was refused; the connection is fine and nothing was stored. */
export function isRefusal(error: unknown): boolean {
  return /^(2[1-3]|42|54)/.test(codeOf(error));
}

/** The connection is gone, or about to be. */
export function isConnectionLost(error: unknown): boolean {
  const { severity } = (error ?? {}) as { severity?: unknown };
  if (severity !== undefined) return severity === "FATAL" || severity === "PANIC";
  return /^(CONNECTION_|CONNECT_TIMEOUT$|E[A-Z]+$)/.test(codeOf(error));
}

/** What the driver and the database say, as one of our codes. */
export function storeError(error: unknown): DurableStreamsServerError {
  if (error instanceof DurableStreamsServerError) return error;
  if (["53100", "53200"].includes(codeOf(error))) {
    return new DurableStreamsServerError(
      "STORE_FULL",
      "PostgreSQL has no room left: nothing of this request was stored.",
      { cause: error },
    );
  }
  return new DurableStreamsServerError(
    "STORE_UNAVAILABLE",
    "PostgreSQL cannot be reached or failed, and it is not known whether the request was stored: repeat it.",
    { cause: error },
  );
}
