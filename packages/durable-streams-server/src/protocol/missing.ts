import { HttpError } from "../http/exchange.ts";

export const gone: HttpError = new HttpError(
  410,
  "The stream was deleted; only its forks can still be read.",
);
export const notFound: HttpError = new HttpError(
  404,
  "There is no stream at this path: it was not created, or was deleted, or has expired.",
);
