import { inspectArguments, usage, type InspectArguments } from "./arguments.ts";

interface PageOfStream {
  readonly contentType: string;
  readonly nextOffset: string;
  readonly isAtEnd: boolean;
  readonly isClosed: boolean;
  readonly cursor: string | null;
  readonly body: Uint8Array;
}

/** `durable-streams inspect URL`: what is in a stream, with positions that a reader can resume from. */
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
): Promise<PageOfStream> {
  const target = new URL(url);
  if (isLive && cursor !== null) target.searchParams.set("cursor", cursor);
  if (isLive) target.searchParams.set("live", "long-poll");
  target.searchParams.set("offset", offset);
  const response = await fetch(target, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  if (!response.ok) {
    throw new Error(`${url.href} answered ${response.status}: ${(await response.text()).trim()}`);
  }
  const nextOffset = response.headers.get("stream-next-offset");
  if (nextOffset === null) {
    throw new Error(`${url.href} is not a durable stream: Stream-Next-Offset is missing.`);
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

function printPage({ json }: InspectArguments, offset: string, page: PageOfStream): void {
  if (page.body.byteLength === 0) return;
  if (!/^application\/json\b/i.test(page.contentType)) {
    if (json) printLine({ offset, base64: Buffer.from(page.body).toString("base64") });
    else printLine(`${offset}  ${page.body.byteLength} bytes  ${preview(page.body)}`);
    return;
  }
  const messages = JSON.parse(new TextDecoder().decode(page.body)) as unknown[];
  for (const [index, message] of messages.entries()) {
    // The form that @freshet/durable-streams-client resumes from: so many messages after an offset.
    const position = index === 0 ? offset : `${offset},${index}`;
    if (json) printLine({ position, message });
    else printLine(`${position}  ${JSON.stringify(message)}`);
  }
}

function printEnd({ json }: InspectArguments, { nextOffset, isClosed }: PageOfStream): void {
  if (json) printLine({ end: nextOffset, closed: isClosed });
  else printLine(`${nextOffset}  end, ${isClosed ? "closed" : "open"}`);
}

function printLine(line: string | object): void {
  console.log(typeof line === "string" ? line : JSON.stringify(line));
}

/** The beginning of a page on one line, without anything that a terminal would act on. */
function preview(body: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(body.subarray(0, 120)));
}
