import { HttpError } from "../http/http-error.ts";

/** The response for a path at which a store finds no stream. */
export function missingStream(status: "missing" | "deleted"): HttpError {
  return status === "deleted"
    ? new HttpError(410, "The stream was deleted; only its forks can still be read.")
    : new HttpError(
        404,
        "There is no stream at this path: it was not created, or was deleted, or has expired.",
      );
}
