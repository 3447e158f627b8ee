import { statfs } from "node:fs/promises";
import { DurableStreamsServerError } from "../store/errors.ts";

/** A disk with less room than this counts as full. */
const FULL_BELOW_BYTES = 1024 * 1024;

/**
 * Turns an error of LMDB or the system into one of the store.
 *
 * @param path - the folder of the data
 */
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
    "The LMDB store failed, and it is unknown whether the request was stored: repeat it.",
    { cause },
  );
}

/** The cause of a failed commit, which is a promise in the error of the commit. */
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
  // To LMDB a write that was cut short is an input/output error, whatever cut it short.
  if (code !== 5 && code !== "EIO") return false;
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize < FULL_BELOW_BYTES;
}

/** Runs work so that every error, also one that is thrown synchronously, rejects with a store error. */
export async function attempt<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await storeError(error, path);
  }
}
