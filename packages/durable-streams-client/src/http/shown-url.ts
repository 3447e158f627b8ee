import { redactUrl } from "@freshet/core";
import { reservedParams } from "../protocol/headers.ts";

const shown = [...reservedParams];

/** A URL for errors and logs: of its query, only the protocol's own parameters have their values. */
export function shownUrl(url: string | URL): string {
  return redactUrl(url, shown);
}
