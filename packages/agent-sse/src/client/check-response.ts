import { AgentStreamError } from "../wire/error.ts";

/**
 * Checks that an answer is an event stream.
 *
 * @param body - opens its bytes; the first of them go into the error
 * @throws AgentStreamError `UNEXPECTED_STATUS` or `UNEXPECTED_CONTENT_TYPE`
 */
export async function checkResponse(
  { headers, ok, status, url }: Response,
  body: () => AsyncIterator<Uint8Array>,
  lastEventId?: string,
): Promise<void> {
  const contentType = headers.get("content-type") ?? "";
  if (ok && /^text\/event-stream\s*(;|$)/i.test(contentType)) return;
  let start = "";
  try {
    const chunks = body();
    const { value } = (await chunks.next()) as { value?: Uint8Array };
    start = new TextDecoder().decode(value).slice(0, 1000);
    await chunks.return?.();
  } catch {
    // Whatever is wrong with the body, the status matters more.
  }
  throw new AgentStreamError(
    ok ? "UNEXPECTED_CONTENT_TYPE" : "UNEXPECTED_STATUS",
    `${url || "The server"} answered ${status} (${contentType}), not an event stream: ${start}`,
    { status, url, body: start, lastEventId },
  );
}
