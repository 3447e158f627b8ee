import { iterateBytes } from "@freshet/core";
import { AgentStreamError } from "./error.ts";

/**
 * The body of an answer that is an event stream.
 *
 * @throws AgentStreamError `UNEXPECTED_STATUS` or `UNEXPECTED_CONTENT_TYPE` with the start of the body
 */
export async function eventStreamBody(
  response: Response,
  { lastEventId, signal }: { lastEventId?: string | undefined; signal?: AbortSignal | undefined },
): Promise<ReadableStream<Uint8Array>> {
  const contentType = response.headers.get("content-type") ?? "";
  const isEventStream = /^\s*text\/event-stream\s*(;|$)/i.test(contentType);
  if (response.ok && isEventStream && response.body) return response.body;
  const body = await startOfBody(response, signal);
  const { status } = response;
  const url = response.url || undefined;
  const facts = { status, url, body, lastEventId };
  const from = `${url ?? "The server"} answered ${status}`;
  const says = body === "" ? "" : ` The body begins: ${body}`;
  if (!response.ok) {
    throw new AgentStreamError("UNEXPECTED_STATUS", `${from}, not an event stream.${says}`, facts);
  }
  throw new AgentStreamError(
    "UNEXPECTED_CONTENT_TYPE",
    `${from} with content type ${JSON.stringify(contentType)}, not text/event-stream.${says}`,
    facts,
  );
}

const maxBodyStart = 1000;

/** At most the first 1000 characters; whatever goes wrong with the body, the status matters more. */
async function startOfBody(response: Response, signal?: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  // A body that trickles must not hold back the error.
  const options = { signal, idleTimeoutMs: 1000, idleError: () => new Error("silent") };
  let text = "";
  try {
    for await (const chunk of iterateBytes(response.body ?? [], options)) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= maxBodyStart) break;
    }
  } catch {
    // What came before the failure is enough.
  }
  return text.slice(0, maxBodyStart);
}
