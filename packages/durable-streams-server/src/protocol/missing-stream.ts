import { HttpError } from "../http/http-error.ts";

/** Says in a 410 that the offset, and not the stream, is gone: clients start again. */
const replacedHeader = "stream-replaced";

/** The response for an offset that belongs to another stream than the one at the path. */
export function offsetGone(name: string): HttpError {
  return new HttpError(
    410,
    `${name} belongs to another stream, or to an earlier one at this path that was deleted: begin again at -1.`,
    { [replacedHeader]: "true" },
  );
}

/** The response for a path at which a store finds no stream. */
export function missingStream(status: "missing" | "deleted"): HttpError {
  return status === "deleted"
    ? new HttpError(410, "The stream was deleted; only its forks can still be read.")
    : new HttpError(
        404,
        "There is no stream at this path: it was not created, or was deleted, or has expired.",
      );
}
