import { nonEmptyString, toBase64 } from "@freshet/core";
import { invalidOption } from "../bedrock-error.ts";
import type { BedrockOperation } from "../decode/bedrock-decoder.ts";
import type { ConverseStreamRequest, InvokeModelStreamRequest } from "./converse-request.ts";

/** A request that lacks only its authorization. */
export interface UnsignedRequest {
  operation: BedrockOperation;
  modelId: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

const eventStreamType = "application/vnd.amazon.eventstream";

export function converseRequest({ modelId, ...body }: ConverseStreamRequest): UnsignedRequest {
  return {
    operation: "converse",
    modelId,
    path: `${modelPath(modelId)}/converse-stream`,
    headers: { "content-type": "application/json", accept: eventStreamType },
    body: JSON.stringify(body, blobsAsBase64),
  };
}

export function invokeRequest(request: InvokeModelStreamRequest): UnsignedRequest {
  const { modelId, body } = request;
  const optional = {
    trace: request.trace,
    guardrailidentifier: request.guardrailIdentifier,
    guardrailversion: request.guardrailVersion,
    "performanceconfig-latency": request.performanceConfigLatency,
    "service-tier": request.serviceTier,
    "request-metadata": request.requestMetadata,
  };
  const headers: Record<string, string> = {
    "content-type": request.contentType ?? "application/json",
    accept: eventStreamType,
    "x-amzn-bedrock-accept": request.accept ?? "application/json",
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined) headers[`x-amzn-bedrock-${name}`] = value;
  }
  return {
    operation: "invoke",
    modelId,
    path: `${modelPath(modelId)}/invoke-with-response-stream`,
    headers,
    body:
      typeof body === "string" || body instanceof Uint8Array
        ? body
        : JSON.stringify(body, blobsAsBase64),
  };
}

/** The id is one segment of the path: an ARN has slashes and colons of its own. */
function modelPath(modelId: string): string {
  if (!nonEmptyString.accepts(modelId)) {
    const shown = JSON.stringify(modelId) as string | undefined;
    throw invalidOption(`modelId is ${shown ?? "undefined"}: expected a model id or an ARN.`);
  }
  return `/model/${encodeURIComponent(modelId)}`;
}

/** A JSON replacer that writes bytes as base64 at any depth. */
function blobsAsBase64(this: unknown, key: string, value: unknown): unknown {
  // A Buffer's toJSON has already replaced it; the original is still in its parent.
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? toBase64(original) : value;
}
