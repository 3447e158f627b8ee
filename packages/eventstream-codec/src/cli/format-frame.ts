import type { EventStreamMessage } from "../frame/frame.ts";
import type { HeaderValue } from "../headers/header-value.ts";
import { minMessageBytes } from "../frame-layout.ts";
import { terminalText } from "./terminal-text.ts";

/** A good frame and its place in the stream. */
export interface Frame {
  readonly offset: number;
  readonly byteLength: number;
  readonly message: EventStreamMessage;
}

// SGR codes, which every terminal knows.
const [bold, dim, green, cyan] = [1, 2, 32, 36] as const;
const shownCharacters = 72;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Formats a frame as one line for people: offset, lengths, checksums, headers, start of the payload. */
export function formatFrame(frame: Frame, hasColors = false): string {
  const style = (code: number, text: string) => (hasColors ? `\x1b[${code}m${text}\x1b[0m` : text);
  const { message, offset, byteLength } = frame;
  const headers = Array.from(
    message.headers,
    ([name, header]) => `${style(cyan, terminalText(name))}=${terminalText(formatValue(header))}`,
  );
  const lengths = `${byteLength} bytes (headers ${headersLength(frame)}, payload ${message.payload.byteLength})`;
  return [
    style(bold, String(offset).padStart(8)),
    style(dim, lengths),
    style(green, "crc ok"),
    ...headers,
    style(dim, formatPayload(message.payload)),
  ].join("  ");
}

/** Formats a frame as one line of JSON, with nothing left out. */
export function toJson(frame: Frame): string {
  const { headers, payload } = frame.message;
  const text = decodeText(payload);
  const json = JSON.stringify({
    offset: frame.offset,
    totalLength: frame.byteLength,
    headersLength: headersLength(frame),
    payloadLength: payload.byteLength,
    checksums: "ok",
    headers: Object.fromEntries(
      Array.from(headers, ([name, header]) => [
        name,
        {
          type: header.type,
          value:
            typeof header.value === "object" || typeof header.value === "bigint"
              ? formatValue(header)
              : header.value,
        },
      ]),
    ),
    ...(text === undefined
      ? { payloadBase64: Buffer.from(payload).toString("base64") }
      : { payload: text }),
  });
  return terminalText(json);
}

function headersLength({ byteLength, message }: Frame): number {
  return byteLength - minMessageBytes - message.payload.byteLength;
}

function formatValue({ type, value }: HeaderValue): string {
  if (type === "binary") return Buffer.from(value).toString("base64");
  return type === "timestamp" ? value.toISOString() : String(value);
}

function formatPayload(payload: Uint8Array): string {
  // Four bytes per character are always enough; a huge payload is not decoded as a whole.
  const start = payload.subarray(0, 4 * shownCharacters);
  const text = terminalText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(start));
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
