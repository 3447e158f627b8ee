/**
 * Where webhooks may go: a subscription must not make the server call into its own network.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 6.2 and 12.8)
 */
import { isPublicAddress } from "#public-address";
import { SubscriptionError } from "../subscription-error.ts";

/**
 * Checks the URL of a webhook. A name is checked again when it is resolved, where that is possible.
 *
 * @param allowLocal - whether `http://localhost` and `http://127.x.x.x` may be called, for development
 * @throws SubscriptionError `WEBHOOK_URL_REJECTED`
 */
export function checkWebhookUrl(text: string, allowLocal: boolean): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw rejected("webhook.url is not a valid URL.");
  }
  if (url.username || url.password) throw rejected("webhook.url must not contain credentials.");
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (allowLocal && url.protocol === "http:" && isLocalHost(host)) return url;
  if (url.protocol !== "https:") throw rejected("webhook.url must be an https URL.");
  if (host === "localhost" || /\.(localhost|local|internal|home\.arpa)$/.test(host)) {
    throw rejected("webhook.url names a host of a local network.");
  }
  const address = host.startsWith("[") ? host.slice(1, -1) : host;
  if (isAddress(address) && !isPublicAddress(address)) {
    throw rejected("webhook.url names an address that is not public.");
  }
  return url;
}

function rejected(message: string): SubscriptionError {
  return new SubscriptionError("WEBHOOK_URL_REJECTED", message);
}

export function isLocalHost(host: string): boolean {
  return host === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The URL parser has already turned every way to write an address into one of these. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
