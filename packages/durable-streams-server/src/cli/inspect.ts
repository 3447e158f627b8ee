import { isJson } from "../wire/content-type.ts";
import { firstMessages } from "../wire/json-messages.ts";
import { inspectArguments, type InspectArguments } from "./inspect-arguments.ts";
import { usage } from "./usage.ts";

interface StreamPage {
  readonly contentType: string;
  readonly nextOffset: string;
  readonly isAtEnd: boolean;
  readonly isClosed: boolean;
  readonly cursor: string | null;
  readonly body: Uint8Array;
}

/** `durable-streams inspect URL`: lists a stream, with positions that a reader can resume from. */
export async function inspect(args: string[]): Promise<void> {
  const options = inspectArguments(args);
  if (!options) {
    console.log(usage);
    return;
  }
  let { offset } = options;
  let cursor: string | null = null;
  let isLive = false;
  for (;;) {
    const page = await readPage(options, offset, isLive, cursor);
    printPage(options, offset, page);
    offset = page.nextOffset;
    ({ cursor } = page);
    if (page.isClosed || (page.isAtEnd && !options.follow)) {
      printEnd(options, page);
      return;
    }
    isLive = page.isAtEnd;
  }
}

async function readPage(
  { url, token }: InspectArguments,
  offset: string,
  isLive: boolean,
  cursor: string | null,
): Promise<StreamPage> {
  const target = new URL(url);
  if (isLive && cursor !== null) target.searchParams.set("cursor", cursor);
  if (isLive) target.searchParams.set("live", "long-poll");
  target.searchParams.set("offset", offset);
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response = await fetch(target, { headers }).catch((error: unknown) => {
    const { cause = error } = error as { cause?: unknown };
    throw new Error(`${url.href} cannot be reached: ${String(cause)}`, { cause: error });
  });
  if (!response.ok) {
    const body = (await response.text()).trim();
    throw new Error(`${url.href} responded with status ${response.status}: ${body}`);
  }
  const nextOffset = response.headers.get("stream-next-offset");
  if (nextOffset === null) {
    throw new Error(`${url.href} is not a durable stream: the response has no Stream-Next-Offset.`);
  }
  return {
    contentType: response.headers.get("content-type") ?? "",
    nextOffset,
    isAtEnd: response.headers.has("stream-up-to-date"),
    isClosed: response.headers.has("stream-closed"),
    cursor: response.headers.get("stream-cursor"),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

function printPage({ json }: InspectArguments, offset: string, page: StreamPage): void {
  if (page.body.byteLength === 0) return;
  if (!isJson(page.contentType)) {
    if (json) printLine({ offset, base64: Buffer.from(page.body).toString("base64") });
    else printLine(`${offset}  ${page.body.byteLength} bytes  ${preview(page.body)}`);
    return;
  }
  let index = 0;
  for (const message of messagesOf(page.body)) {
    // A position of @freshet/durable-streams-client: an offset, and a number of messages after it.
    const position = index === 0 ? offset : `${offset},${index}`;
    if (json) printLine(`{"position":${JSON.stringify(position)},"message":${message}}`);
    else printLine(`${position}  ${terminalText(message)}`);
    index++;
  }
}

/** The messages of a JSON page as they were written, each on one line: numbers keep their digits. */
function* messagesOf(page: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  let rest = page.subarray(page.indexOf(0x5b) + 1, page.lastIndexOf(0x5d));
  for (;;) {
    const first = firstMessages(rest, 1);
    const text = decoder
      .decode(first)
      .replace(/[\r\n]+/g, " ")
      .trim();
    if (text === "" || first === undefined) return;
    yield text;
    rest = rest.subarray(first.byteLength + 1);
  }
}

function printEnd({ json }: InspectArguments, { nextOffset, isClosed }: StreamPage): void {
  if (json) printLine({ end: nextOffset, closed: isClosed });
  else printLine(`${nextOffset}  end, ${isClosed ? "closed" : "open"}`);
}

function printLine(line: string | object): void {
  console.log(typeof line === "string" ? line : JSON.stringify(line));
}

/** The start of a page on one line. */
function preview(body: Uint8Array): string {
  return terminalText(JSON.stringify(new TextDecoder().decode(body.subarray(0, 120))));
}

/** Escapes the characters that a terminal acts on. JSON itself escapes only some of them. */
function terminalText(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
