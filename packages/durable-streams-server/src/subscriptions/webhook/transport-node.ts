import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address-node.ts";
import { MAX_RESPONSE_BYTES, type SendWebhook } from "./transport.ts";
import { isLocalHost } from "./webhook-url.ts";

/**
 * Resolves a name to public addresses only. The address that is checked is the one that is connected
 * to, so a name that resolves to another one a moment later (DNS rebinding) gains nothing.
 */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const usable = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = usable;
    if (error ?? !first) {
      const reason = error ?? new Error(`${hostname} has no public address.`);
      callback(reason, "", 0);
    } else if (options.all) callback(null, usable);
    else callback(null, first.address, first.family);
  });
};

export const sendWebhook: SendWebhook = ({ url, headers, body, allowLocal, signal }) =>
  new Promise((resolve, reject) => {
    const isLocal = allowLocal && isLocalHost(url.hostname);
    const options = {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal,
      ...(!isLocal && { lookup: publicOnly }),
    };
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, options, (response) => {
      const status = response.statusCode ?? 0;
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_RESPONSE_BYTES) response.destroy();
      });
      response.on("error", reject);
      response.on("close", () => {
        resolve({ status, body: text });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
