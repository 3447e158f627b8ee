import { iterateBytes } from "@freshet/core";
import { MAX_RESPONSE_BYTES, responseTooLong, type SendWebhook } from "./transport.ts";

/** Where names cannot be resolved here, the check of the URL itself is all the protection there is. */
export const sendWebhook: SendWebhook = async ({ url, headers, body, signal }) => {
  const response = await fetch(url, {
    method: "POST",
    headers,
    body,
    signal,
    redirect: "manual",
  });
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of iterateBytes(response.body ?? [])) {
    text += decoder.decode(chunk, { stream: true });
    bytes += chunk.byteLength;
    if (bytes > MAX_RESPONSE_BYTES) throw responseTooLong();
  }
  return { status: response.status, body: text };
};
