import {
  abortable,
  anObject,
  checkOption,
  checkOptions,
  delay,
  nonEmptyString,
  numberBetween,
  secret,
  wholeNumber,
  type OptionRules,
} from "@freshet/core";
import { listen as listenOn } from "#listen";
import { invalidOption } from "../bedrock-error.ts";
import type { AwsCredentials } from "../client/aws-credentials.ts";
import {
  breakFrames,
  checkFault,
  faultResponse,
  refusalResponse,
  type Fault,
  type FaultName,
} from "./faults.ts";
import { framesOf, type FakeResponse } from "./fake-response.ts";
import type { Listener } from "./listener.ts";
import { pacedBody, type BodyStep, type SlicingOptions } from "./paced-body.ts";
import { verifySignature } from "./sigv4-verifier.ts";

/** A request that the fake received. */
export interface FakeRequest {
  /** 1 for the first. */
  number: number;
  operation: "converse" | "invoke";
  modelId: string;
  headers: Headers;
  /** The JSON of the body; the text if it is not JSON. */
  body: unknown;
  /** Whether the client closed the connection before the end of the response. */
  cancelled: boolean;
  /** The HTTP status of its response; 0 until there is one. */
  status: number;
}

/** Options of {@link createFakeBedrock}. */
export interface FakeBedrockOptions extends SlicingOptions {
  /**
   * One response for all requests, a list with one per request (the last one repeats), or a function
   * of the request, which can distinguish the first call of a turn from the one with the tool's result.
   * Default: a short text.
   */
  response?:
    | FakeResponse
    | readonly FakeResponse[]
    | ((request: FakeRequest) => FakeResponse | Promise<FakeResponse>)
    | undefined;
  /** The pace of the frames. Default: as fast as they are read. */
  tokensPerSecond?: number | undefined;
  /** The delay before the response's headers, in milliseconds. Default 0. */
  firstByteDelayMs?: number | undefined;
  /** What goes wrong: with every request, or as a function of the request decides. */
  fault?: FaultName | Fault | ((request: FakeRequest) => FaultName | Fault | undefined) | undefined;
  /** Requests without this key or these credentials are refused. Default: none are. */
  apiKey?: string | undefined;
  credentials?: AwsCredentials | undefined;
}

/** A fake Bedrock runtime endpoint. */
export interface FakeBedrock {
  /** Responds as the real endpoint does: pass it as `fetch`, no socket needed. */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Serves the same over HTTP on the loopback interface (Node only); port 0 picks a free one. */
  listen: (port?: number) => Promise<Listener>;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly FakeRequest[];
}

const rules: OptionRules<FakeBedrockOptions> = {
  response: {
    expected: "a response, a list of at least one, or a function",
    accepts: (value) => (Array.isArray(value) ? value.length > 0 : isObjectOrFunction(value)),
  },
  tokensPerSecond: {
    expected: "a number above 0",
    accepts: (value) => typeof value === "number" && value > 0,
  },
  firstByteDelayMs: numberBetween(0, Infinity),
  fault: {
    expected: "the name of a fault, an object with its name, or a function",
    accepts: (value) => typeof value === "string" || isObjectOrFunction(value),
  },
  apiKey: secret(nonEmptyString),
  credentials: secret(anObject),
  sliceBytes: wholeNumber(1),
  seed: numberBetween(-Number.MAX_VALUE, Number.MAX_VALUE),
};

/**
 * A Bedrock runtime endpoint for tests and demos. It sends real event stream frames on
 * `POST /model/{id}/converse-stream` and `/invoke-with-response-stream`.
 *
 * @example
 * ```ts
 * import { BedrockClient } from "@freshet/bedrock-adapter";
 * import { createFakeBedrock } from "@freshet/bedrock-adapter/testing";
 *
 * const fake = createFakeBedrock({
 *   response: (request) =>
 *     JSON.stringify(request.body).includes('"toolResult"')
 *       ? { parts: "It is 21 degrees." }
 *       : { parts: [{ reasoning: "I need the weather." }, { toolUse: { name: "weather", input: {} } }] },
 *   seed: 1,
 * });
 * const client = new BedrockClient({ endpoint: "http://fake", apiKey: "key", fetch: fake.fetch });
 * const response = await client.converseStream({
 *   modelId: "some.model",
 *   messages: [{ role: "user", content: [{ text: "Is it warm?" }] }],
 * });
 * for await (const event of response.toAgentEvents()) console.log(event);
 * ```
 */
export function createFakeBedrock(options: FakeBedrockOptions = {}): FakeBedrock {
  checkOptions(options, rules, invalidOption);
  if (typeof options.fault !== "function") checkFault(options.fault);
  const requests: FakeRequest[] = [];
  const fetch: FakeBedrock["fetch"] = async (input, init) => {
    const request = new Request(input, init);
    const response = handle(request, options, requests);
    return abortable(response, request.signal, ({ body }) => body?.cancel());
  };
  const listen = (port = 0) => {
    checkOption("port", port, wholeNumber(0, 65_535), invalidOption);
    return listenOn(fetch, port);
  };
  return { fetch, requests, listen };
}

const pathPattern = /^\/model\/([^/]+)\/(converse-stream|invoke-with-response-stream)$/;

async function handle(
  request: Request,
  options: FakeBedrockOptions,
  requests: FakeRequest[],
): Promise<Response> {
  const requestId = crypto.randomUUID();
  const match = pathPattern.exec(new URL(request.url).pathname);
  if (!match || request.method !== "POST") {
    const refusal = { status: 404, type: "UnknownOperationException", message: "" };
    return refusalResponse(refusal, { "x-amzn-requestid": requestId });
  }
  const body = new Uint8Array(await request.arrayBuffer());
  const entry: FakeRequest = {
    number: requests.length + 1,
    operation: match[2] === "converse-stream" ? "converse" : "invoke",
    modelId: decodeURIComponent(match[1] ?? ""),
    headers: request.headers,
    body: parseBody(body),
    cancelled: false,
    status: 0,
  };
  requests.push(entry);
  const response = await respond(request, body, entry, options, requestId);
  entry.status = response.status;
  return response;
}

async function respond(
  request: Request,
  body: Uint8Array,
  entry: FakeRequest,
  options: FakeBedrockOptions,
  requestId: string,
): Promise<Response> {
  const denial = await authorize(request, body, options);
  if (denial !== undefined) {
    return refusalResponse({ status: 403, ...denial }, { "x-amzn-requestid": requestId });
  }
  const fault = checkFault(
    typeof options.fault === "function" ? options.fault(entry) : options.fault,
  );
  if (fault?.name === "no-response") await new Promise(() => undefined);
  if (options.firstByteDelayMs) await delay(options.firstByteDelayMs, request.signal);
  const refused = fault && faultResponse(fault, requestId);
  if (refused) return refused;
  const steps = await responseSteps(entry, options, fault);
  const stream = pacedBody(steps, options, request, () => {
    entry.cancelled = true;
  });
  return new Response(stream, {
    headers: {
      "content-type": "application/vnd.amazon.eventstream",
      "x-amzn-requestid": requestId,
      ...(entry.operation === "invoke" && { "x-amzn-bedrock-content-type": "application/json" }),
    },
  });
}

async function responseSteps(
  entry: FakeRequest,
  options: FakeBedrockOptions,
  fault: Fault | undefined,
): Promise<BodyStep[]> {
  const frames = framesOf(await responseTo(entry, options), entry);
  const steps = fault
    ? breakFrames(frames, fault)
    : frames.map((bytes): BodyStep => ({ bytes, delayMs: 0 }));
  const { tokensPerSecond } = options;
  if (!tokensPerSecond) return steps;
  const delayMs = 1000 / tokensPerSecond;
  return steps.map((step) => ("bytes" in step ? { ...step, delayMs } : step));
}

async function responseTo(
  entry: FakeRequest,
  { response = { parts: "Hello! How can I help you today?" } }: FakeBedrockOptions,
): Promise<FakeResponse> {
  if (typeof response === "function") return response(entry);
  if (!isList(response)) return response;
  const next = response[Math.min(entry.number, response.length) - 1];
  if (!next) throw invalidOption("response is an empty list: expected at least one response.");
  return next;
}

function isList(
  response: FakeResponse | readonly FakeResponse[],
): response is readonly FakeResponse[] {
  return Array.isArray(response);
}

/** @returns why the request is refused, or `undefined` if it is not */
async function authorize(
  request: Request,
  body: Uint8Array,
  { apiKey, credentials }: FakeBedrockOptions,
): Promise<{ type: string; message: string } | undefined> {
  const { method, url, headers } = request;
  const authorization = headers.get("authorization") ?? "";
  if (authorization.startsWith("Bearer ")) {
    if (apiKey === undefined && credentials === undefined) return undefined;
    if (apiKey !== undefined && authorization === `Bearer ${apiKey}`) return undefined;
    return { type: "AccessDeniedException", message: "The API key is not valid." };
  }
  if (credentials) {
    const message = await verifySignature({ method, url, headers, body }, credentials);
    return message === undefined ? undefined : { type: "InvalidSignatureException", message };
  }
  if (apiKey === undefined) return undefined;
  return { type: "MissingAuthenticationTokenException", message: "The API key is missing." };
}

function parseBody(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObjectOrFunction(value: unknown): boolean {
  return typeof value === "function" || anObject.accepts(value);
}
