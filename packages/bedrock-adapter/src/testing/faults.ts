import { checkOptions, numberBetween, oneOf, wholeNumber, type OptionRules } from "@freshet/core";
import { crc32, decodeMessage } from "@freshet/eventstream-codec";
import { invalidOption } from "../bedrock-error.ts";
import { encodeError, encodeEvent, encodeException } from "./frames.ts";
import type { BodyStep } from "./paced-body.ts";

const faultNames = [
  "http-400",
  "http-403",
  "http-404",
  "http-429",
  "http-500",
  "http-503",
  "html-page",
  "no-response",
  "cut",
  "cut-mid-frame",
  "stray-bytes",
  "stall",
  "reset",
  "internalServerException",
  "modelStreamErrorException",
  "validationException",
  "throttlingException",
  "serviceUnavailableException",
  "modelTimeoutException",
  "unmodeled-exception",
  "exception-not-json",
  "error-frame",
  "error-frame-without-message",
  "prelude-checksum",
  "message-checksum",
  "length-0",
  "length-8",
  "length-300mb",
  "length-max",
  "payload-empty",
  "payload-not-json",
  "payload-not-base64",
  "chunk-without-bytes",
] as const;

/** Everything that can go wrong on purpose. */
export type FaultName = (typeof faultNames)[number];

/** A fault, and where in the response it happens. */
export interface Fault {
  name: FaultName;
  /** Good frames before it. Default: half of the response. Ignored for faults before the stream. */
  afterFrames?: number | undefined;
  /** The seconds in `Retry-After` of `http-429` and `http-503`. Default: no such header. */
  retryAfterSeconds?: number | undefined;
}

const rules: OptionRules<Fault> = {
  name: oneOf(...faultNames),
  afterFrames: wholeNumber(0),
  retryAfterSeconds: numberBetween(0, Infinity),
};

/** Checks a fault, of which the name may be enough. */
export function checkFault(fault: FaultName | Fault | undefined): Fault | undefined {
  if (fault === undefined) return undefined;
  const full = typeof fault === "string" ? { name: fault } : fault;
  checkOptions(full, rules, invalidOption, "fault.");
  return full;
}

interface Refusal {
  status: number;
  type: string;
  message: string;
}

const refusals: Partial<Record<FaultName, Refusal>> = {
  "http-400": {
    status: 400,
    type: "ValidationException",
    message: "The provided model identifier is invalid.",
  },
  "http-403": {
    status: 403,
    type: "AccessDeniedException",
    message: "You don't have access to the model with the specified model ID.",
  },
  "http-404": {
    status: 404,
    type: "ResourceNotFoundException",
    message: "Could not resolve the foundation model from the provided model identifier.",
  },
  "http-429": {
    status: 429,
    type: "ThrottlingException",
    message: "Too many requests, please wait before trying again.",
  },
  "http-500": {
    status: 500,
    type: "InternalServerException",
    message:
      "The system encountered an unexpected error during processing. Try your request again.",
  },
  "http-503": {
    status: 503,
    type: "ServiceUnavailableException",
    message: "Bedrock is unable to process your request.",
  },
};

/** An error response as Bedrock writes it: the type in a header, the message as JSON. */
export function refusalResponse(refusal: Refusal, headers: Record<string, string>): Response {
  return new Response(JSON.stringify({ message: refusal.message }), {
    status: refusal.status,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": `${refusal.type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
      ...headers,
    },
  });
}

/** The error response of a fault before the stream; `undefined` for the other faults. */
export function faultResponse(fault: Fault, requestId: string): Response | undefined {
  const headers: Record<string, string> = { "x-amzn-requestid": requestId };
  if (fault.retryAfterSeconds !== undefined) {
    headers["retry-after"] = String(fault.retryAfterSeconds);
  }
  if (fault.name === "html-page") {
    const html = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    return new Response(html, { status: 502, headers: { "content-type": "text/html" } });
  }
  const refusal = refusals[fault.name];
  return refusal && refusalResponse(refusal, headers);
}

/** Inserts a fault into the frames of a response. */
export function breakFrames(frames: readonly Uint8Array[], fault: Fault): BodyStep[] {
  const at = Math.min(fault.afterFrames ?? Math.floor(frames.length / 2), frames.length);
  const good = frames.slice(0, at).map(stepOf);
  const next = frames[at] ?? encodeEvent("contentBlockStop", '{"contentBlockIndex":0}');
  switch (fault.name) {
    case "cut":
      return good;
    case "cut-mid-frame":
      return [...good, stepOf(next.slice(0, Math.floor(next.length / 2)))];
    case "stray-bytes":
      return [...frames.map(stepOf), stepOf(next.slice(0, 1 + (at % 3)))];
    case "stall":
      return [...good, { stall: true }];
    case "reset":
      return [...good, { reset: true }];
    default:
      return [...good, stepOf(badFrame(fault.name, next)), ...frames.slice(at + 1).map(stepOf)];
  }
}

function stepOf(bytes: Uint8Array): BodyStep {
  return { bytes, delayMs: 0 };
}

const exceptionMessages: Partial<Record<FaultName, string>> = {
  internalServerException: "An internal server error occurred.",
  modelStreamErrorException: "The model stopped in the middle of its response.",
  validationException: "The model does not accept the request.",
  throttlingException: "Too many tokens, please wait before trying again.",
  serviceUnavailableException: "Bedrock is unable to process your request.",
  modelTimeoutException: "The model took too long.",
};

function badFrame(name: FaultName, next: Uint8Array): Uint8Array {
  const message = exceptionMessages[name];
  if (message !== undefined) {
    const original = name === "modelStreamErrorException" && {
      originalStatusCode: 500,
      originalMessage: "overloaded",
    };
    return encodeException(name, JSON.stringify({ message, ...original }));
  }
  switch (name) {
    case "unmodeled-exception":
      return encodeException(
        "somethingNewException",
        '{"message":"This exception is not modelled."}',
      );
    case "exception-not-json":
      return encodeException("throttlingException", "slow down, please");
    case "error-frame":
      return encodeError("InternalFailure", "An internal failure occurred.");
    case "error-frame-without-message":
      return encodeError();
    case "prelude-checksum":
      return withByte(next, 8);
    case "message-checksum":
      return withByte(next, next.length - 1);
    case "length-0":
      return withLength(next, 0);
    case "length-8":
      return withLength(next, 8);
    case "length-300mb":
      return withLength(next, 300 * 1024 * 1024);
    case "length-max":
      return withLength(next, 0xffffffff);
    default:
      return badPayload(name, next);
  }
}

function badPayload(name: FaultName, next: Uint8Array): Uint8Array {
  const eventType = decodeMessage(next).headers.getString(":event-type") ?? "contentBlockDelta";
  switch (name) {
    case "payload-empty":
      return encodeEvent(eventType, "");
    case "payload-not-json":
      return encodeEvent(eventType, "<html>");
    case "payload-not-base64":
      return eventType === "chunk"
        ? encodeEvent("chunk", '{"bytes":"%%%"}')
        : encodeEvent(
            "contentBlockDelta",
            '{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"%%%"}}}',
          );
    default:
      return encodeEvent("chunk", "{}");
  }
}

function withByte(frame: Uint8Array, at: number): Uint8Array {
  const broken = frame.slice();
  broken[at] = (broken[at] ?? 0) ^ 0xff;
  return broken;
}

/** Writes another length, with a prelude checksum that matches it. */
function withLength(frame: Uint8Array, length: number): Uint8Array {
  const broken = frame.slice();
  const view = new DataView(broken.buffer);
  view.setUint32(0, length);
  view.setUint32(8, crc32(broken.subarray(0, 8)));
  return broken;
}
