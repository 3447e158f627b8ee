import { lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address-node.ts";
import {
  MAX_RESPONSE_BYTES,
  responseTooLong,
  type SendWebhook,
  type WebhookResponse,
} from "./transport.ts";
import { isLocalHost } from "./webhook-url.ts";

/**
 * Resolves a name to permitted addresses only. The address that is checked is the one that is connected
 * to, so a name that resolves to another one a moment later (DNS rebinding) gains nothing.
 */
function lookupOnly(isPermitted: (address: string) => boolean, kind: string): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      // Without a result there are no addresses, whatever the type says.
      const usable = error ? [] : addresses.filter(({ address }) => isPermitted(address));
      const [first] = usable;
      if (!first) callback(error ?? new Error(`${hostname} has no ${kind} address.`), "", 0);
      else if (options.all) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}

const publicOnly = lookupOnly(isPublicAddress, "public");
const localOnly = lookupOnly((address) => address === "::1" || isLocalHost(address), "local");

/** Sends one request. Every failure on the way, up to the end of the response, is a rejection. */
export const sendWebhook: SendWebhook = ({ url, headers, body, allowLocal, signal }) =>
  new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal,
      // A connection of its own: those of a shared agent were made with other checks.
      agent: false,
      lookup: allowLocal && isLocalHost(url.hostname) ? localOnly : publicOnly,
    });
    let hasResponded = false;
    request.on("response", (response) => {
      hasResponded = true;
      readResponse(response).then(resolve, reject);
    });
    request.on("error", reject);
    // After an upgrade there is neither a response nor an error.
    request.on("close", () => {
      if (!hasResponded) reject(new Error("The webhook closed the connection without a response."));
    });
    request.end(body);
  });

async function readResponse(response: IncomingMessage): Promise<WebhookResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early, and an error in it, destroy the response and its connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_RESPONSE_BYTES) throw responseTooLong();
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}
