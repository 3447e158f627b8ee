import { delay } from "@freshet/core";
import { listen as listenOn } from "#listen";
import type { AwsCredentials } from "../client/aws-credentials.ts";
import type { KnownConverseEvent } from "../decode/converse-events.ts";
import {
  breakFrames,
  faultResponse,
  refusalResponse,
  type Fault,
  type FaultName,
} from "./faults.ts";
import { encodeConverseEvent, encodeInvokeChunk, splitFrames } from "./frames.ts";
import type { Listener } from "./listener.ts";
import { pacedBody, type BodyStep, type SlicingOptions } from "./paced-body.ts";
import { anthropicScript, converseScript, type ScriptedAnswer } from "./scripted-response.ts";
import { seededRandom } from "./seeded-random.ts";
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
  /** Whether its reader went away before the end of the answer. */
  cancelled: boolean;
  /** The HTTP status that it got; 0 as long as there is none. */
  status: number;
}

/**
 * What the fake says:
 * - `parts`: a script of text, reasoning and tool calls (Claude's chunks where InvokeModel is called)
 * - `events`: ConverseStream events, one frame each
 * - `chunks`: chunks of InvokeModel of any family, one frame each
 * - `replay`: a captured response body, byte for byte
 */
export type FakeAnswer =
  | ScriptedAnswer
  | { events: readonly KnownConverseEvent[] }
  | { chunks: readonly unknown[] }
  | { replay: Uint8Array };

/** Options of {@link createFakeBedrock}. */
export interface FakeBedrockOptions extends SlicingOptions {
  /**
   * One answer for all requests, a list of which each request takes the next (the last one stays), or
   * a function of the request, which can tell the first call of a turn from the one with the tool's
   * result. Default: a short text.
   */
  answer?:
    | FakeAnswer
    | readonly FakeAnswer[]
    | ((request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>)
    | undefined;
  /** The pace of the frames. Default: all at once. */
  tokensPerSecond?: number | undefined;
  /** Wait before the response's headers, in milliseconds. Default 0. */
  firstByteDelayMs?: number | undefined;
  /** What goes wrong: always, or as a function of the request says. */
  fault?: FaultName | Fault | ((request: FakeRequest) => FaultName | Fault | undefined) | undefined;
  /** Only requests with this key or these credentials are answered. Default: all are. */
  apiKey?: string | undefined;
  credentials?: AwsCredentials | undefined;
}

/** A Bedrock runtime endpoint that is not one. */
export interface FakeBedrock {
  /** Answers like the real endpoint: pass it as `fetch`, no socket needed. */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Serves the same over HTTP on the loopback interface (Node only); port 0 takes a free one. */
  listen: (port?: number) => Promise<Listener>;
  /** Every request so far, in order. */
  readonly requests: readonly FakeRequest[];
}

/**
 * A Bedrock runtime endpoint for tests and demos. It speaks real event stream frames on
 * `POST /model/{id}/converse-stream` and `/invoke-with-response-stream`.
 *
 * @example
 * ```ts
 * import { BedrockClient } from "@freshet/bedrock-adapter";
 * import { createFakeBedrock } from "@freshet/bedrock-adapter/testing";
 *
 * const fake = createFakeBedrock({
 *   answer: (request) =>
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
  const requests: FakeRequest[] = [];
  const fetch: FakeBedrock["fetch"] = async (input, init) => {
    const request = new Request(input, init);
    const answer = handle(request, options, requests);
    return withAbort(answer, request.signal);
  };
  return { fetch, requests, listen: (port = 0) => listenOn(fetch, port) };
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
  const given = typeof options.fault === "function" ? options.fault(entry) : options.fault;
  const fault: Fault | undefined = typeof given === "string" ? { name: given } : given;
  if (fault?.name === "no-response") await new Promise(() => undefined);
  if (options.firstByteDelayMs) await delay(options.firstByteDelayMs, request.signal);
  const refused = fault && faultResponse(fault, requestId);
  if (refused) return refused;
  const steps = await answerSteps(entry, options, fault);
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

async function answerSteps(
  entry: FakeRequest,
  options: FakeBedrockOptions,
  fault: Fault | undefined,
): Promise<BodyStep[]> {
  const frames = framesOf(await answerTo(entry, options), entry);
  const steps = fault
    ? breakFrames(frames, fault)
    : frames.map((bytes): BodyStep => ({ bytes, delayMs: 0 }));
  const { tokensPerSecond } = options;
  if (!tokensPerSecond) return steps;
  const delayMs = 1000 / tokensPerSecond;
  return steps.map((step) => ("bytes" in step ? { ...step, delayMs } : step));
}

async function answerTo(
  entry: FakeRequest,
  { answer = { parts: "Hello! How can I help you today?" } }: FakeBedrockOptions,
): Promise<FakeAnswer> {
  if (typeof answer === "function") return answer(entry);
  if (!isList(answer)) return answer;
  const next = answer[Math.min(entry.number, answer.length) - 1];
  if (!next) throw new TypeError("createFakeBedrock: the list of answers is empty.");
  return next;
}

function isList(answer: FakeAnswer | readonly FakeAnswer[]): answer is readonly FakeAnswer[] {
  return Array.isArray(answer);
}

function framesOf(answer: FakeAnswer, { operation, modelId }: FakeRequest): Uint8Array[] {
  if ("replay" in answer) return splitFrames(answer.replay);
  // Padded as Bedrock does, to between 1 and 62 characters.
  const random = seededRandom(1);
  const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const padding = () => alphabet.slice(0, 1 + Math.floor(random() * alphabet.length));
  if ("chunks" in answer) {
    return answer.chunks.map((chunk) => encodeInvokeChunk(chunk, { padding: padding() }));
  }
  if ("parts" in answer && operation === "invoke") {
    return anthropicScript(answer, modelId).map((chunk) =>
      encodeInvokeChunk(chunk, { padding: padding() }),
    );
  }
  const events = "events" in answer ? answer.events : converseScript(answer);
  return events.map((event) => encodeConverseEvent(event, { padding: padding() }));
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

/** Ends a fetch that its caller has given up, as the platform's own would: with the signal's reason. */
function withAbort(response: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    response.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
