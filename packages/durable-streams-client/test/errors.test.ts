import { FreshetError } from "@freshet/core";
import { expect, test } from "vitest";
import { withFacts } from "../src/errors.ts";
import * as client from "../src/index.ts";

const cause = new Error("why");
const common = { status: 500, url: "http://localhost/x", maybeStored: true, notStored: [1], cause };

const errors: readonly (readonly [client.DurableStreamError, code: string, own: object])[] = [
  [new client.DurableStreamError("PROTOCOL_ERROR", "m", common), "PROTOCOL_ERROR", {}],
  [
    new client.FetchError("NETWORK", "m", { ...common, retryAfterMs: 5, unsent: true }),
    "NETWORK",
    { retryAfterMs: 5, unsent: true },
  ],
  [new client.StreamNotFoundError("m", common), "STREAM_NOT_FOUND", {}],
  [new client.StreamExistsError("m", common), "STREAM_EXISTS", {}],
  [
    new client.StreamClosedError("m", { ...common, finalOffset: "9" }),
    "STREAM_CLOSED",
    { finalOffset: "9" },
  ],
  [new client.SeqConflictError("m", common), "SEQ_CONFLICT", {}],
  [new client.RetentionGoneError("m", common), "RETENTION_GONE", {}],
  [new client.StreamConsumedError("m", common), "STREAM_CONSUMED", {}],
  [
    new client.StaleEpochError("m", { ...common, currentEpoch: 3 }),
    "STALE_EPOCH",
    { currentEpoch: 3 },
  ],
  [
    new client.SequenceGapError("m", { ...common, expectedSeq: 1, receivedSeq: 2 }),
    "SEQUENCE_GAP",
    { expectedSeq: 1, receivedSeq: 2 },
  ],
  [new client.InvalidOptionError("m", common), "INVALID_OPTION", {}],
  [new client.ProtocolError("m", common), "PROTOCOL_ERROR", {}],
  [
    new client.ParseError("INVALID_ITEM", "m", {
      ...common,
      ...{ position: "1", nextPosition: "2", item: { a: 1 }, issues: ["no"] },
    }),
    "INVALID_ITEM",
    { position: "1", nextPosition: "2", item: { a: 1 }, issues: ["no"] },
  ],
];

test("the table has every error class", () => {
  const classes = Object.entries(client).filter(([name]) => name.endsWith("Error"));
  expect(errors.map(([error]) => error.name).sort()).toEqual(classes.map(([name]) => name).sort());
});

test.each(errors)("%s has all of its facts, which cannot be changed", (error, code, own) => {
  const facts = { code, status: 500, url: common.url, maybeStored: true, notStored: [1], ...own };
  expect(error).toMatchObject(facts);
  expect(error.cause).toBe(cause);
  expect(error).toBeInstanceOf(client.DurableStreamError);
  expect(error).toBeInstanceOf(FreshetError);
  for (const name of [...Object.keys(facts), "retryable"]) {
    const property = Object.getOwnPropertyDescriptor(error, name);
    expect(property, name).toMatchObject({ writable: false, configurable: false });
  }
  expect(typeof error.retryable).toBe("boolean");
});

test.each(errors)("a copy of %s with further facts differs in them alone", (error) => {
  const copy = withFacts(error, { maybeStored: false, notStored: [2] });
  expect(copy).not.toBe(error);
  expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(error));
  const facts = Object.fromEntries(Object.entries(error));
  expect(Object.fromEntries(Object.entries(copy))).toEqual({
    ...facts,
    maybeStored: false,
    notStored: [2],
  });
  const { name, message, stack } = error;
  expect(copy).toMatchObject({ name, message, stack, cause });
  expect(error.maybeStored).toBe(true);
  expect(withFacts(error, { message: "another" }).message).toBe("another");
});

test.each([
  ["NETWORK", undefined, true],
  ["TIMEOUT", undefined, true],
  ["IDLE_TIMEOUT", undefined, true],
  ["HTTP_ERROR", undefined, false],
  ...[408, 425, 429, 500, 502, 503, 504, 599].map(
    (status) => ["HTTP_ERROR", status, true] as const,
  ),
  ...[200, 301, 400, 401, 409, 413, 501, 505].map(
    (status) => ["HTTP_ERROR", status, false] as const,
  ),
] as const)("FetchError %s with status %s: retryable is %s", (code, status, retryable) => {
  expect(new client.FetchError(code, "m", { status }).retryable).toBe(retryable);
});
