import { randomUUID } from "node:crypto";
import { DurableStream, stream } from "@freshet/durable-streams-client";
import type { CapturedBody, CaptureSummary } from "../protocol/api.ts";
import { restartRetry, type StreamUrls } from "./stream-urls.ts";

const contentType = "application/vnd.amazon.eventstream";

/** Stores a response body as a closed binary stream of its own. */
export async function storeCapture(
  urls: StreamUrls,
  { bytes, model, operation }: CapturedBody,
  title: string,
): Promise<void> {
  if (bytes.length === 0) return;
  const id = randomUUID();
  const retry = restartRetry;
  await DurableStream.create({
    url: urls.capture(id),
    contentType,
    body: bytes,
    closed: true,
    retry,
  });
  const list = new DurableStream({
    url: urls.captures,
    contentType: "application/json",
    retryAppends: "always",
    retry,
  });
  const summary: CaptureSummary = {
    id,
    at: Date.now(),
    bytes: bytes.length,
    operation,
    model,
    title: title.slice(0, 200),
  };
  await list.append(summary);
}

/** Lists the captures, newest first. */
export async function listCaptures(urls: StreamUrls): Promise<CaptureSummary[]> {
  const all = await stream<CaptureSummary>(urls.captures, { live: false });
  const byId = new Map((await all.readJson()).map((summary) => [summary.id, summary]));
  return [...byId.values()].reverse();
}

export async function readCapture(urls: StreamUrls, id: string): Promise<Uint8Array> {
  const body = await stream(urls.capture(id), { live: false });
  return body.readBytes();
}
