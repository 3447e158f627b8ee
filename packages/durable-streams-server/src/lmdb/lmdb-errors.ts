import { DurableStreamsServerError } from "../errors.ts";

/** What LMDB and the system say, as one of our codes. */
export function storeError(error: unknown): DurableStreamsServerError {
  if (error instanceof DurableStreamsServerError) return error;
  const text = `${(error as NodeJS.ErrnoException).code ?? ""} ${String(error)}`;
  if (/ENOSPC|No space left|MDB_MAP_FULL|disk quota|EDQUOT/i.test(text)) {
    return new DurableStreamsServerError(
      "STORE_FULL",
      "The disk of the LMDB store is full: nothing of this request was stored. Free some space.",
      { cause: error },
    );
  }
  return new DurableStreamsServerError(
    "STORE_UNAVAILABLE",
    "The LMDB store failed, and it is not known whether the request was stored: repeat it.",
    { cause: error },
  );
}
