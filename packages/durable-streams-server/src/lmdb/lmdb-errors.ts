import { statfs } from "node:fs/promises";
import { DurableStreamsServerError } from "../store/errors.ts";

/** A disk with less than this left is full. */
const FULL_BELOW_BYTES = 1024 * 1024;

/** What LMDB and the system say, as one of our codes. `path` is the folder of the data. */
export async function storeError(error: unknown, path: string): Promise<DurableStreamsServerError> {
  if (error instanceof DurableStreamsServerError) return error;
  const cause = await commitError(error);
  if (/closed database|database has been closed/i.test(String(cause))) {
    return new DurableStreamsServerError("STORE_CLOSED", "The store is closed.", { cause });
  }
  if (await isDiskFull(cause, path)) {
    return new DurableStreamsServerError(
      "STORE_FULL",
      "The disk of the LMDB store is full: nothing of this request was stored. Free some space.",
      { cause },
    );
  }
  return new DurableStreamsServerError(
    "STORE_UNAVAILABLE",
    "The LMDB store failed, and it is not known whether the request was stored: repeat it.",
    { cause },
  );
}

/** A failed commit rejects with an error that says so, and another one that says why. */
async function commitError(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: Promise<unknown> }).commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

async function isDiskFull(error: unknown, path: string): Promise<boolean> {
  const { code } = error as { code?: number | string };
  if (code === 28 || code === "ENOSPC" || String(error).includes("MDB_MAP_FULL")) return true;
  // LMDB calls a write that was cut short an input/output error, whatever cut it short.
  if (code !== 5 && code !== "EIO") return false;
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize < FULL_BELOW_BYTES;
}

/** An async function's manners for what throws at once. */
export async function attempt<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await storeError(error, path);
  }
}
