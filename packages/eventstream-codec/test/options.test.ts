import { expect, describe, test } from "vitest";
import {
  decodeHeaders,
  decodeMessage,
  decodeMessages,
  encodeHeaders,
  encodeMessage,
  EventStreamError,
  MessageDecoder,
  MessageDecoderStream,
  MessageEncoderStream,
} from "../src/index.ts";
import { signMessages } from "../src/sign-messages.ts";
import { errorOf } from "./support/frames.ts";

const frame = encodeMessage({});

const wrongCodecOptions: Record<string, unknown[]> = {
  maxMessageBytes: [NaN, -1, 15, 16.5, 2 ** 32, Infinity, "100", null],
  maxHeaderBytes: [NaN, -1, 0.5, 2 ** 32, Infinity, "100", null],
  crc32: ["crc32", {}, null],
};
const wrongDecoderOptions = {
  ...wrongCodecOptions,
  duplicateHeaders: ["first", true, null],
  copy: ["yes", 1, null],
};
const wrongStreamOptions = {
  ...wrongDecoderOptions,
  signal: ["abort", 1, null],
  idleTimeoutMs: [NaN, -1, 0, "100", null],
};
const wrongSignOptions = {
  signature: ["abc", 7, null, undefined],
  region: ["", 7, null, undefined],
  service: ["", 7, null, undefined],
  credentials: ["secret", {}, { secretAccessKey: "" }, null, undefined],
  now: [new Date(), 7, null],
};

const goodSignOptions = {
  signature: "ab".repeat(32),
  region: "us-east-1",
  service: "bedrock",
  credentials: { secretAccessKey: "wJalrXUtnFEMI" },
};

type Entry = [name: string, wrong: Record<string, unknown[]>, call: (options: never) => unknown];
const entries: Entry[] = [
  ["encodeMessage", wrongCodecOptions, (options) => encodeMessage({}, options)],
  ["encodeHeaders", wrongCodecOptions, (options) => encodeHeaders({}, options)],
  ["MessageEncoderStream", wrongCodecOptions, (options) => new MessageEncoderStream(options)],
  ["decodeMessage", wrongDecoderOptions, (options) => decodeMessage(frame, options)],
  ["decodeHeaders", wrongDecoderOptions, (options) => decodeHeaders(new Uint8Array(0), options)],
  ["MessageDecoder", wrongDecoderOptions, (options) => new MessageDecoder(options)],
  ["MessageDecoderStream", wrongDecoderOptions, (options) => new MessageDecoderStream(options)],
  ["decodeMessages", wrongStreamOptions, (options) => decodeMessages([], options)],
  [
    "signMessages",
    wrongSignOptions,
    (options: object) => signMessages([], { ...goodSignOptions, ...options }),
  ],
];

describe.each(entries)("%s", (_entry, wrong, call) => {
  test.each(Object.entries(wrong))("refuses wrong values of %s immediately", (name, values) => {
    for (const value of values) {
      const error = errorOf(() => call({ [name]: value } as never));
      expect(error).toMatchObject({ code: "INVALID_OPTION", retryable: false });
      expect(error.message).toMatch(new RegExp(`^${name} is .+: expected .+\\.$`));
    }
  });

  test("takes an explicit undefined as an option that is left out", () => {
    for (const [name, values] of Object.entries(wrong)) {
      if (!values.includes(undefined))
        expect(() => call({ [name]: undefined } as never)).not.toThrow();
    }
  });
});

test("limits that are undefined are the defaults, and the largest allowed values are allowed", () => {
  const undefinedLimits = { maxMessageBytes: undefined, maxHeaderBytes: undefined };
  expect(decodeMessage(frame, undefinedLimits).payload.byteLength).toBe(0);
  const tooLong = new Uint8Array(25_296_912);
  expect(errorOf(() => encodeMessage({ payload: tooLong }, undefinedLimits)).message).toContain(
    "maxMessageBytes is 25296912",
  );
  const largest = { maxMessageBytes: 0xffffffff, maxHeaderBytes: 0xffffffff };
  expect(decodeMessage(frame, largest).payload.byteLength).toBe(0);
});

test("the message about an option names it, its value and what is allowed", () => {
  expect(errorOf(() => new MessageDecoder({ maxHeaderBytes: NaN })).message).toBe(
    "maxHeaderBytes is NaN: expected a whole number from 0 to 4294967295.",
  );
});

test("secrets do not appear in the message about credentials", () => {
  const credentials = "AKIDsecret" as never;
  const error = errorOf(() => signMessages([], { ...goodSignOptions, credentials }));
  expect(error.message).not.toContain("AKIDsecret");
});

test("an EventStreamError is immutable and leaves out the facts that it does not have", () => {
  const error = new EventStreamError("HEADER_NAME_INVALID", "bad", { offset: 3 });
  for (const fact of ["code", "retryable", "offset"]) {
    expect(Object.getOwnPropertyDescriptor(error, fact)).toMatchObject({ writable: false });
  }
  expect(error).toMatchObject({ retryable: false, offset: 3 });
  expect(Object.keys(error)).not.toContain("headerName");
  expect(new EventStreamError("HEADER_NAME_INVALID", "bad").offset).toBe(0);
});
