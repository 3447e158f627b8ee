import { Writable } from "node:stream";
import { concatenate, cutEvery, utf8 } from "@freshet/test-support";
import { expect, test } from "vitest";
import { inspect, type InspectOptions } from "../../src/cli/inspect.ts";
import { encodeMessage, header } from "../../src/index.ts";
import { rawFrame } from "../support/frames.ts";

class Collector extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(bytes: Uint8Array, options: InspectOptions = {}, size = 50) {
  const [output, errors] = [new Collector(), new Collector()];
  const source = (async function* () {
    for (const chunk of cutEvery(bytes, size)) yield await Promise.resolve(chunk);
  })();
  const status = await inspect(source, options, output, errors);
  return { status, output: output.text, errors: errors.text };
}

const event = (eventType: string, text: string) =>
  encodeMessage({
    headers: { ":message-type": header.string("event"), ":event-type": header.string(eventType) },
    payload: utf8(text),
  });
const stream = concatenate(
  event("messageStart", '{"role":"assistant"}'),
  event("contentBlockDelta", '{"text":"Hello"}'),
  event("contentBlockDelta", "x".repeat(500)),
  encodeMessage({
    headers: {
      long: header.long(2n ** 60n),
      bytes: header.binary(Uint8Array.of(1, 2, 3)),
      at: header.timestamp(new Date(0)),
      on: header.boolean(true),
    },
    payload: Uint8Array.of(0xff, 0x1b, 0x5b),
  }),
);

test("inspect prints one line per frame: offset, lengths, checksums, headers, start of the payload", async () => {
  const { status, output, errors } = await run(stream);
  expect({ status, errors }).toEqual({ status: 0, errors: "" });
  const lines = output.trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe(
    '       0  85 bytes (headers 49, payload 20)  crc ok  :message-type=event  :event-type=messageStart  {"role":"assistant"}',
  );
  expect(lines[1]).toMatch(/^ {6}85 {2}86 bytes .* {2}\{"text":"Hello"\}$/);
  expect(lines[2]).toMatch(/ {2}x{72}…$/);
  // Nothing from the wire reaches the terminal as a control character.
  expect(lines[3]).toContain(
    "long=1152921504606846976  bytes=AQID  at=1970-01-01T00:00:00.000Z  on=true",
  );
  expect(lines[3]).toContain("\\u001b[");
  expect(output).not.toContain("\u001b");
});

test("inspect prints colours only with hasColors", async () => {
  expect((await run(stream, { hasColors: true })).output).toContain("\u001b[");
});

test("--json leaves nothing out", async () => {
  const { output } = await run(stream, { json: true });
  const lines = output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(lines[2]).toEqual({
    offset: 171,
    totalLength: 570,
    headersLength: 54,
    payloadLength: 500,
    checksums: "ok",
    headers: {
      ":message-type": { type: "string", value: "event" },
      ":event-type": { type: "string", value: "contentBlockDelta" },
    },
    payload: "x".repeat(500),
  });
  expect(lines[3]).toMatchObject({
    headers: {
      long: { type: "long", value: "1152921504606846976" },
      bytes: { type: "binary", value: "AQID" },
      at: { type: "timestamp", value: "1970-01-01T00:00:00.000Z" },
      on: { type: "boolean", value: true },
    },
    payloadBase64: "/xtb",
  });
});

test("--summary counts frames, bytes and messages by type", async () => {
  const extra = concatenate(
    stream,
    encodeMessage({
      headers: {
        ":message-type": header.string("exception"),
        ":exception-type": header.string("throttlingException"),
      },
    }),
  );
  const { status, output } = await run(extra, { summary: true });
  expect(status).toBe(0);
  expect(output.split("\n")).toEqual([
    `5 frames, ${extra.byteLength} bytes`,
    "       2  event contentBlockDelta",
    "       1  event messageStart",
    "       1  unknown",
    "       1  exception throttlingException",
    "",
  ]);
  const { output: json } = await run(extra, { summary: true, json: true });
  expect(JSON.parse(json)).toEqual({
    frames: 5,
    bytes: extra.byteLength,
    messages: {
      "event messageStart": 1,
      "event contentBlockDelta": 2,
      unknown: 1,
      "exception throttlingException": 1,
    },
  });
});

test("inspect stops at the first bad frame and reports its code", async () => {
  const bytes = concatenate(stream, rawFrame({ messageCrc: 1 }), stream);
  const { status, output, errors } = await run(bytes);
  expect(status).toBe(1);
  expect(output.trimEnd().split("\n")).toHaveLength(4);
  expect(errors).toMatch(/^eventstream: MESSAGE_CHECKSUM_MISMATCH: .* offset 802 /);
  const json = await run(bytes, { json: true });
  const last = json.output.trimEnd().split("\n").at(-1) ?? "";
  expect(JSON.parse(last)).toMatchObject({
    error: { code: "MESSAGE_CHECKSUM_MISMATCH", offset: stream.byteLength },
  });
  expect((await run(bytes, { summary: true })).output).toMatch(/^4 frames, /);
  expect((await run(stream.subarray(0, -1))).errors).toContain("INCOMPLETE_STREAM");
  expect((await run(utf8('{"message":"denied"}'))).errors).toContain("NOT_AN_EVENT_STREAM");
});

test("inspect rejects with the error of a source that cannot be read", async () => {
  const failure = new Error("disk on fire");
  const failing = (async function* () {
    yield await Promise.resolve(stream);
    throw failure;
  })();
  const run = inspect(failing, {}, new Collector(), new Collector());
  await expect(run).rejects.toBe(failure);
});

test("inspect reads a gigabyte in constant memory, at the pace of a slow output", async () => {
  const frame = event("big", "y".repeat(1024 * 1024));
  let largest = 0;
  const source = (async function* () {
    // One chunk cut across frames, over and over: a frame and a bit, the rest, and so on.
    for (let count = 0; count < 1024; count++) {
      yield frame.subarray(0, 700_000);
      yield await Promise.resolve(frame.subarray(700_000));
      largest = Math.max(largest, process.memoryUsage().arrayBuffers);
    }
  })();
  const output = new Collector({ highWaterMark: 64 });
  const before = process.memoryUsage().arrayBuffers;
  expect(await inspect(source, {}, output, new Collector())).toBe(0);
  expect(output.text.trimEnd().split("\n")).toHaveLength(1024);
  expect(largest - before).toBeLessThan(300 * 1024 * 1024);
});

test("control characters from the wire are escaped in errors and summaries too", async () => {
  const page = utf8("<html><title>\u001b]0;mine\u0007\u009b2J</title></html>");
  const { status, errors } = await run(page);
  expect(status).toBe(1);
  expect(errors).toContain("NOT_AN_EVENT_STREAM");
  expect(errors).toContain("<title>\\u001b]0;mine\\u0007\\u009b2J</title>");
  const { output } = await run(event("\u001b[2J\u009b", ""), { summary: true });
  expect(output).toContain("event \\u001b[2J\\u009b\n");
  const json = await run(event("a\u009bb", "\u009b"), { json: true });
  expect(json.output).not.toMatch(/\u009b/);
  expect(JSON.parse(json.output)).toMatchObject({ payload: "\u009b" });
});
