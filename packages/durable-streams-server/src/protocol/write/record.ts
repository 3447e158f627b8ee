import { HttpError } from "../../http/http-error.ts";
import { isJson } from "../../wire/content-type.ts";
import { flattenJson } from "../../wire/json-messages.ts";

/** The record that a body is stored as: its bytes, or its JSON messages joined by commas. */
export function toRecord(body: Uint8Array, contentType: string): Uint8Array {
  if (!isJson(contentType)) return body;
  try {
    return flattenJson(body);
  } catch {
    throw new HttpError(400, "The body is not valid JSON in UTF-8. Nothing was stored.");
  }
}
