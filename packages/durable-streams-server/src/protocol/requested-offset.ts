import { HttpError } from "../http/http-error.ts";
import { isWithoutGeneration, parseOffset, type StreamOffset } from "../wire/offset.ts";

/**
 * Parses an offset of a request.
 *
 * @param name - the parameter or header
 * @param expected - what it may be
 * @throws HttpError 400
 */
export function requestedOffset(name: string, offset: string, expected: string): StreamOffset {
  const parsed = parseOffset(offset);
  if (parsed) return parsed;
  if (isWithoutGeneration(offset)) {
    throw new HttpError(
      400,
      `${name} has the format of an earlier version of this server, which does not name the stream that it belongs to: begin again at -1.`,
    );
  }
  throw new HttpError(400, `${name} must be ${expected}.`);
}
