import { DurableStreamsServerError } from "../../store/errors.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** Whether another process came between, so that the same transaction may succeed when repeated. */
export function isConflict(error: unknown): boolean {
  return ["40001", "40P01", "23505"].includes(codeOf(error));
}

/** Whether the statement itself was refused: the connection is fine, and nothing was stored. */
export function isRefusal(error: unknown): boolean {
  return /^(2[1-3]|42|54)/.test(codeOf(error));
}

/** Whether an earlier statement of the transaction failed, or COPY did not end. */
export function isAborted(error: unknown): boolean {
  return ["25P02", "COPY_IN_PROGRESS"].includes(codeOf(error));
}

/** Whether the connection is gone, or about to be. */
export function isConnectionLost(error: unknown): boolean {
  const { severity } = (error ?? {}) as { severity?: unknown };
  if (severity !== undefined) return severity === "FATAL" || severity === "PANIC";
  return /^(CONNECTION_|CONNECT_TIMEOUT$|E[A-Z]+$)/.test(codeOf(error));
}

/** Turns an error of the driver or the database into one of the store. */
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
    "PostgreSQL cannot be reached or failed, and it is unknown whether the request was stored: repeat it.",
    { cause: error },
  );
}

/** For `catch`: throws an error of the driver or the database as one of the store. */
export function rethrow(error: unknown): never {
  throw storeError(error);
}
