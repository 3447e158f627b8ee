import { utf8 } from "@freshet/test-support";
import { expect, test } from "vitest";
import {
  decodeMessage,
  encodeMessage,
  header,
  readEnvelope,
  type HeaderValue,
} from "../../src/index.ts";

const payload = utf8("{}");

function read(headers: Record<string, HeaderValue | string>) {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name, typeof value === "string" ? header.string(value) : value] as const,
  );
  const message = decodeMessage(encodeMessage({ headers: entries, payload }));
  return { message, envelope: readEnvelope(message) };
}

test("readEnvelope reads an event, with and without a content type", () => {
  const { envelope } = read({
    ":event-type": "chunk",
    ":content-type": "application/json",
    ":message-type": "event",
  });
  expect(envelope).toEqual({
    kind: "event",
    eventType: "chunk",
    contentType: "application/json",
    payload,
  });
  for (const eventType of ["initial-request", "initial-response", ""]) {
    expect(read({ ":message-type": "event", ":event-type": eventType }).envelope).toEqual({
      kind: "event",
      eventType,
      payload,
    });
  }
});

test("readEnvelope reads a modelled exception", () => {
  const { envelope } = read({
    ":exception-type": "throttlingException",
    ":message-type": "exception",
  });
  expect(envelope).toEqual({ kind: "exception", exceptionType: "throttlingException", payload });
});

test("readEnvelope reads an error, whose headers may be missing", () => {
  expect(
    read({ ":message-type": "error", ":error-code": "Internal", ":error-message": "no" }).envelope,
  ).toEqual({ kind: "error", errorCode: "Internal", errorMessage: "no" });
  expect(read({ ":message-type": "error" }).envelope).toEqual({
    kind: "error",
    errorCode: "",
    errorMessage: "",
  });
});

test("readEnvelope returns unknown for unusable headers and never throws", () => {
  const cases: [Record<string, HeaderValue | string>, string | undefined][] = [
    [{}, undefined],
    [{ ":message-type": "event" }, "event"],
    [{ ":message-type": "event", ":event-type": header.byte(1) }, "event"],
    [{ ":message-type": "exception", ":event-type": "x" }, "exception"],
    [{ ":message-type": "later", ":event-type": "x" }, "later"],
    [{ ":message-type": header.boolean(true) }, undefined],
  ];
  for (const [headers, messageType] of cases) {
    const { message, envelope } = read(headers);
    expect(envelope).toEqual({
      kind: "unknown",
      message,
      ...(messageType !== undefined && { messageType }),
    });
  }
});
